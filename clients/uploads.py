"""Files never pass through the web process: papers go from the browser to storage."""

from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import FileUploadHandler


class RefuseFiles(FileUploadHandler):
    """Refuses every file in a form before its first byte is kept."""

    def new_file(self, *args, **kwargs) -> None:
        raise RequestDataTooBig("Papers go straight to storage; this form takes no files.")

    def receive_data_chunk(self, raw_data, start):
        return None

    def file_complete(self, file_size):
        return None
