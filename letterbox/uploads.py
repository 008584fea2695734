"""The one form with files besides the agency's logo: a letter that the mail provider hands on, and nobody else."""

from __future__ import annotations

from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import StopFutureHandlers, TemporaryFileUploadHandler

from letterbox.door import LARGEST, PATH, is_let_in

MOST = 20  # files of one letter


class LetterFiles(TemporaryFileUploadHandler):
    """Into a temporary file, counted as it comes; for every other address it does nothing and is not asked."""

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.is_mine, self.count, self.bytes = False, 0, 0

    def new_file(self, *args, **kwargs) -> None:
        path = self.request.path if self.request is not None else ""
        self.is_mine = path.startswith(PATH) and path.endswith("/inbound/") and is_let_in(self.request)
        if not self.is_mine:
            return
        self.count += 1
        if self.count > MOST:
            raise RequestDataTooBig("A letter has no more files than this.")
        super().new_file(*args, **kwargs)
        raise StopFutureHandlers

    def receive_data_chunk(self, raw_data, start):
        if not self.is_mine:
            return raw_data
        self.bytes += len(raw_data)
        if self.bytes > LARGEST["inbound"]:
            raise RequestDataTooBig("A letter is no larger than this.")
        return super().receive_data_chunk(raw_data, start)

    def file_complete(self, file_size):
        return super().file_complete(file_size) if self.is_mine else None

    def upload_interrupted(self) -> None:
        if self.is_mine:
            super().upload_interrupted()
