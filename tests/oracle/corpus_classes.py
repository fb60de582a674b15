"""Classes whose instances are in the corpus."""
import collections
import dataclasses
import enum


class Plain:
    def __init__(self, **kw):
        self.__dict__.update(kw)

    def __eq__(self, other):
        return type(self) is type(other) and self.__dict__ == other.__dict__


class Slots:
    __slots__ = ("a", "b")

    def __init__(self, a, b):
        self.a, self.b = a, b

    def __eq__(self, other):
        return (self.a, self.b) == (other.a, other.b)


class SlotsAndDict(Slots):
    def __init__(self, a, b, c):
        super().__init__(a, b)
        self.c = c


class Color(enum.Enum):
    RED = 1
    GREEN = "green"


class Number(enum.IntEnum):
    ONE = 1
    TWO = 2


class Perm(enum.Flag):
    R = 4
    W = 2
    X = 1


class IntPerm(enum.IntFlag):
    R = 4
    W = 2


Point = collections.namedtuple("Point", "x y")


@dataclasses.dataclass
class Data:
    name: str
    values: list


@dataclasses.dataclass(frozen=True)
class Frozen:
    x: int = 1


class MyList(list):
    pass


class MyDict(dict):
    pass


class MyStr(str):
    pass


class MyInt(int):
    pass


class MySet(set):
    pass


class NewArgs:
    def __new__(cls, *, key):
        self = super().__new__(cls)
        self.key = key
        return self

    def __getnewargs_ex__(self):
        return (), {"key": self.key}

    def __eq__(self, other):
        return self.key == other.key


class CustomState:
    def __init__(self, v):
        self.v = v

    def __getstate__(self):
        return [self.v, 1]

    def __setstate__(self, state):
        self.v = state[0]

    def __eq__(self, other):
        return self.v == other.v


def set_state(obj, state):
    obj.__dict__.update(state)


class Setter(Plain):
    def __reduce__(self):
        return Setter, (), {"z": 5}, None, None, set_state


class Outer:
    class Inner:
        def __init__(self):
            self.v = 1

        def __eq__(self, other):
            return self.v == other.v

    class Kind(enum.Enum):
        A = 1


class BadError(Exception):
    pass


def function():
    pass
