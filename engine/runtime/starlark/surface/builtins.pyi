"""The built-in functions of the language, for the server of editors. Those of abi 2 say so."""

def abs(x: Any) -> Any:
    """The absolute value of a number."""
def all(x: Any) -> bool:
    """Whether all elements are true."""
def any(x: Any) -> bool:
    """Whether one element is true."""
def bool(x: Any = False) -> bool:
    """Whether a value counts as true."""
def bytes(x: Any) -> Any:
    """The bytes of a string, or of ints."""
def chr(i: int) -> str:
    """The string of one code point."""
def dict(*args, **kwargs) -> dict:
    """A dict of pairs and of named arguments."""
def dir(x: Any) -> list:
    """The names of the fields and methods of a value."""
def enumerate(x: Any, start: int = 0) -> list:
    """A list of pairs of a number and an element."""
def fail(*args, sep: str = " ") -> None:
    """Ends the run as failed, or an update with an error."""
def float(x: Any = 0) -> float:
    """A float of a number or a string."""
def getattr(x: Any, name: str, default: Any = None) -> Any:
    """The field of that name."""
def hasattr(x: Any, name: str) -> bool:
    """Whether a value has a field of that name."""
def hash(x: str) -> int:
    """A number that follows from a string."""
def int(x: Any = 0, base: int = 10) -> int:
    """An int of a number or a string."""
def len(x: Any) -> int:
    """The number of elements."""
def list(x: Any = []) -> list:
    """A list of the elements."""
def max(*args, key: Callable = None) -> Any:
    """The greatest of its arguments, or of the elements of one."""
def min(*args, key: Callable = None) -> Any:
    """The least of its arguments, or of the elements of one."""
def ord(s: str) -> int:
    """The code point of a string of one."""
def print(*args, sep: str = " ") -> None:
    """Writes a line into the run's log: `ctx.log`."""
def range(start: int, stop: int = None, step: int = 1) -> Any:
    """Numbers, from start on, below stop."""
def repr(x: Any) -> str:
    """A value as code would write it."""
def reversed(x: Any) -> list:
    """The elements from the last to the first."""
def set(x: Any = []) -> Any:
    """A set of the elements."""
def sorted(x: Any, key: Callable = None, reverse: bool = False) -> list:
    """The elements in order."""
def str(x: Any) -> str:
    """A value as a string."""
def tuple(x: Any = ()) -> tuple:
    """A tuple of the elements."""
def type(x: Any) -> str:
    """The name of the type of a value."""
def zip(*args) -> list:
    """A list of tuples of the elements that stand at the same place."""
def field(type: Any, default: Any = None) -> Any:
    """A field of a record that may be left out. (abi 2)"""
def record(name: str = "", **fields) -> Any:
    """A type of records whose fields are declared: `record("Item", sku = str, count = field(int, 1))`. (abi 2)"""
def replace(x: Any, **fields) -> Any:
    """A copy of a struct or record in which some fields have other values. (abi 2)"""
def struct(**fields) -> Any:
    """A value with fields that cannot be assigned to. (abi 2)"""
def sum(x: Any, start: Any = 0) -> Any:
    """The sum of the elements, from left to right. (abi 2)"""

class json:
    """JSON."""
    def encode(self, x: Json) -> str:
        """A value as JSON. Dicts keep their order."""
    def decode(self, x: str) -> Json:
        """The value that JSON describes."""

class math:
    """Functions whose results are the same bits on every processor."""
    def ceil(self, x: float) -> int:
        """The least int that is not below x."""
    def copysign(self, x: float, y: float) -> float:
        """x with the sign of y."""
    e: float
    """2.718281828459045"""
    def fabs(self, x: float) -> float:
        """The absolute value, as a float."""
    def floor(self, x: float) -> int:
        """The greatest int that is not above x."""
    def mod(self, x: float, y: float) -> float:
        """The remainder of x / y, with the sign of x."""
    pi: float
    """3.141592653589793"""
    def pow(self, x: float, y: float) -> float:
        """x to the power of a whole y."""
    def remainder(self, x: float, y: float) -> float:
        """The remainder of x / y rounded to the nearest, as IEEE 754 has it."""
    def round(self, x: float) -> float:
        """The nearest whole number; halves away from zero."""
    def sqrt(self, x: float) -> float:
        """The square root."""

class time:
    """Times and durations. The time now is `ctx.now()`."""
    def from_timestamp(self, seconds: int, nanoseconds: int = 0) -> Time:
        """The time that many seconds after 1970."""
    def is_valid_timezone(self, name: str) -> bool:
        """Whether there is such a time zone."""
    def parse_duration(self, x: str) -> Duration:
        """A duration such as "1h30m"."""
    def parse_time(self, x: str, format: str = "RFC 3339", location: str = "UTC") -> Time:
        """A time, by default RFC 3339."""
    def time(self, year: int = 0, month: int = 0, day: int = 0, hour: int = 0, minute: int = 0, second: int = 0, nanosecond: int = 0, location: str = "UTC") -> Time:
        """A time of its parts."""
    nanosecond: Duration
    """A duration."""
    microsecond: Duration
    """A duration."""
    millisecond: Duration
    """A duration."""
    second: Duration
    """A duration."""
    minute: Duration
    """A duration."""
    hour: Duration
    """A duration."""
