"""What a file may cost before it is refused: sizes, counts, memory and time."""

MAX_BYTES = 20 * 1024 * 1024

# A 64-megapixel picture takes 256 MB while it is open; phones send 12 to 50.
MAX_PIXELS = 64_000_000
MAX_SIDE = 30_000
MAX_SCANS = 100
COPY_SIDE = 5_000
PREVIEW_SIDE = 1_600
SMALL_SIDE = 600
THUMB_SIDE = 240
# Above this a PNG is a photograph and its copy becomes a JPEG, a tenth of the size.
PNG_COPY_PIXELS = 8_000_000

MAX_PAGES = 50
MAX_PAGE_POINTS = 4_000  # A0 is 3,370 points high
MAX_OBJECTS = 20_000
MAX_VALUES = 400_000
MAX_DEPTH = 60
MAX_STREAM_BYTES = 24 * 1024 * 1024
MAX_INFLATED_BYTES = 512 * 1024 * 1024
MAX_FILTERS = 2
PAGE_DPI = 150
PAGE_SIDE = 2_400

MEMORY_BYTES = 1024 * 1024 * 1024  # on top of what the interpreter holds after its imports
CPU_SECONDS = 45
WALL_SECONDS = 120
FILE_BYTES = 96 * 1024 * 1024
THREADS = 64
RESULT_BYTES = 64 * 1024


class Refused(Exception):
    """The file is not taken; the code names the sentence the sender reads."""

    def __init__(self, code: str, note: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.note = note
