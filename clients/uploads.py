"""Files never pass through the web process: papers go from the browser to storage. The agency's logo is no paper."""

from io import BytesIO

from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadedfile import InMemoryUploadedFile
from django.core.files.uploadhandler import FileUploadHandler, StopFutureHandlers

LOGO_BYTES = 512 * 1024
LOGO_FIELD, LOGO_PATH = "picture", "/settings/"


class RefuseFiles(FileUploadHandler):
    """Refuses every file in a form before its first byte is kept, save a small picture where the logo is chosen."""

    def new_file(self, field_name, *args, **kwargs) -> None:
        super().new_file(field_name, *args, **kwargs)
        if field_name != LOGO_FIELD or self.request is None or self.request.path != LOGO_PATH:
            raise RequestDataTooBig("Papers go straight to storage; this form takes no files.")
        self.kept = BytesIO()
        raise StopFutureHandlers

    def receive_data_chunk(self, raw_data, start) -> None:
        """One byte more than allowed is enough to say that it is too large."""
        self.kept.write(raw_data[: LOGO_BYTES + 1 - self.kept.tell()])

    def file_complete(self, file_size) -> InMemoryUploadedFile:
        size = self.kept.tell()
        self.kept.seek(0)
        return InMemoryUploadedFile(
            self.kept, self.field_name, self.file_name, self.content_type, size, self.charset
        )
