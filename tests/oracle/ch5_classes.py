"""The classes of the objects that the oracles store with ch5mpy.

Point, Holder and Outer.Inner know how to write themselves (`__h5_write__`); Plain and Color
don't, so that they are pickled.
"""

import enum

import numpy as np


class Point:
    """Stores its parts as members of its group, and an attribute."""

    def __init__(self, x, y, tags):
        self.x, self.y, self.tags = x, y, tags

    def __h5_write__(self, values):
        values.attributes["unit"] = "mm"
        values["x"] = self.x
        values["y"] = self.y
        values["tags"] = self.tags

    @classmethod
    def __h5_read__(cls, values):
        return cls(values["x"], values["y"], np.array(values["tags"]).tolist())

    def __repr__(self):
        return f"Point({self.x}, {self.y}, {self.tags})"


class Holder:
    """Stores itself in attributes alone."""

    def __init__(self, number, name):
        self.number, self.name = number, name

    def __h5_write__(self, values):
        values.attributes["number"] = self.number
        values.attributes["name"] = self.name

    @classmethod
    def __h5_read__(cls, values):
        return cls(values.attributes["number"], values.attributes["name"])

    def __repr__(self):
        return f"Holder({self.number}, {self.name})"


class Outer:
    """A class that holds the class of objects."""

    class Inner:
        def __init__(self, v):
            self.v = v

        def __h5_write__(self, values):
            values["v"] = self.v

        @classmethod
        def __h5_read__(cls, values):
            return cls(values["v"])

        def __repr__(self):
            return f"Inner({self.v})"


class WriteOnly:
    """Can be written, but not read."""

    def __h5_write__(self, values):
        values["v"] = 1

    def __repr__(self):
        return "WriteOnly()"


class Plain:
    """An object that is pickled."""

    def __init__(self, v):
        self._v = v

    def __eq__(self, other):
        return isinstance(other, Plain) and self._v == other._v

    def __hash__(self):
        return hash(self._v)

    def __repr__(self):
        return f"Plain({self._v})"


class Color(enum.Enum):
    RED = 1
    GREEN = 2
