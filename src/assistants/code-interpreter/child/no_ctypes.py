"""Stands in the place of ctypes, which would give code the memory of its Python and functions in C.

Packages import it and name its types for machines where they call libraries with it: here none does. A type can be named,
made and measured, and an address, which is a number, can be given another type; whatever would reach memory or a library
says that it can't.
"""

import functools
import struct
import sys

NO_CTYPES = (
    "ctypes.{name} does not work here: this Python's code can neither reach memory nor call libraries in C. Use "
    "struct, array, memoryview or int.to_bytes() for bytes."
)

DEFAULT_MODE = RTLD_LOCAL = 0
RTLD_GLOBAL = 256
WORD = 4

# The codes of types that numpy has, too, under the same ones.
NUMBERS = "?bBcdfhHiIlLqQ"


class ArgumentError(Exception):
    pass


class Kind(type):
    def __mul__(kind, length):
        return Kind(f"{kind.__name__}_Array_{length}", (Array,), {"_type_": kind, "_length_": length})

    __rmul__ = __mul__

    def _refused(kind, *args, **settings):
        raise NotImplementedError(NO_CTYPES.format(name=kind.__name__))

    from_address = from_buffer = from_buffer_copy = from_param = in_dll = _refused

    @property
    def dtype(kind):
        """What numpy asks any type for before it looks whether it is one of ctypes'."""
        numpy = sys.modules.get("numpy")
        if numpy and issubclass(kind, Array):
            return numpy.dtype((kind._type_, (kind._length_,)))
        if numpy and getattr(kind, "_type_", None) in tuple(NUMBERS):
            return numpy.dtype(kind._type_)
        raise AttributeError(f"type object {kind.__name__!r} has no attribute 'dtype'", name="dtype", obj=kind)


def unreachable(data, *args):
    raise NotImplementedError(NO_CTYPES.format(name=type(data).__name__))


class _CData(metaclass=Kind):
    # By this numpy knows the types that are no number for it, and says so instead of taking them for objects.
    __module__ = "_ctypes"
    _size_ = WORD

    def __init__(self, *values, **named):
        self.__dict__.update(named)


class _SimpleCData(_CData):
    def __init__(self, value=0):
        self.value = value

    def __repr__(self):
        return f"{type(self).__name__}({self.value!r})"


class _Pointer(_CData):
    contents = property(unreachable)
    __getitem__ = __setitem__ = unreachable


class Array(_CData):
    pass


class Structure(_CData):
    pass


class Union(_CData):
    pass


class BigEndianStructure(Structure):
    pass


class BigEndianUnion(Union):
    pass


LittleEndianStructure, LittleEndianUnion = Structure, Union


class _CFuncPtr(_CData):
    __call__ = unreachable

    def __init__(self, *args, **settings):
        raise NotImplementedError(NO_CTYPES.format(name="CFUNCTYPE()"))


def simple(name, code):
    size = struct.calcsize(code) if code in NUMBERS else WORD
    kind = Kind(name, (_SimpleCData,), {"_type_": code, "_size_": size, "__module__": "ctypes"})
    kind.__ctype_le__ = kind
    return kind


for name, code in {
    "c_bool": "?",
    "c_byte": "b",
    "c_ubyte": "B",
    "c_char": "c",
    "c_double": "d",
    "c_float": "f",
    "c_short": "h",
    "c_ushort": "H",
    "c_int": "i",
    "c_uint": "I",
    "c_long": "l",
    "c_ulong": "L",
    "c_longlong": "q",
    "c_ulonglong": "Q",
    "c_char_p": "z",
    "c_wchar_p": "Z",
    "c_wchar": "u",
    "c_void_p": "P",
    "py_object": "O",
}.items():
    globals()[name] = simple(name, code)
c_longdouble = c_double
c_int8, c_int16, c_int32, c_int64 = c_byte, c_short, c_int, c_longlong
c_uint8, c_uint16, c_uint32, c_uint64 = c_ubyte, c_ushort, c_uint, c_ulonglong
c_size_t, c_ssize_t, c_time_t = c_ulong, c_long, c_longlong
HRESULT = c_long
c_voidp = c_void_p


@functools.cache
def POINTER(kind):
    return Kind(f"LP_{getattr(kind, '__name__', kind)}", (_Pointer,), {"_type_": kind})


def CFUNCTYPE(result, *arguments, **settings):
    return Kind("CFunctionType", (_CFuncPtr,), {"restype": result, "argtypes": arguments})


PYFUNCTYPE = CFUNCTYPE


def ARRAY(kind, length):
    return kind * length


def cast(address, kind):
    """Packages pass addresses on to their own code so, and name functions that none calls here."""
    number = getattr(address, "value", address)
    if not issubclass(kind, (_Pointer, _CFuncPtr, c_void_p)) or not isinstance(number, (int, type(None))):
        raise NotImplementedError(NO_CTYPES.format(name="cast()"))
    named = kind.__new__(kind)
    named.value = number
    return named


def sizeof(what):
    kind = what if isinstance(what, type) else type(what)
    if issubclass(kind, Array):
        return kind._length_ * sizeof(kind._type_)
    if issubclass(kind, (Structure, Union)):
        return sum(sizeof(field[1]) for field in getattr(kind, "_fields_", ()))
    return kind._size_


def alignment(what):
    return sizeof(what)


def get_errno():
    return 0


def refused(name, kind):
    def refuse(*args, **settings):
        raise kind(NO_CTYPES.format(name=f"{name}()"))

    refuse.__name__ = refuse.__qualname__ = name
    return refuse


for name in (
    "addressof",
    "byref",
    "create_string_buffer",
    "create_unicode_buffer",
    "memmove",
    "memoryview_at",
    "memset",
    "pointer",
    "resize",
    "set_errno",
    "string_at",
    "wstring_at",
):
    globals()[name] = refused(name, NotImplementedError)


class CDLL:
    """A library, of which none can be loaded."""

    def __init__(self, name=None, *args, **settings):
        raise OSError(NO_CTYPES.format(name=f"{type(self).__name__}({name!r})"))


class PyDLL(CDLL):
    pass


class LibraryLoader:
    def __init__(self, kind):
        self._kind = kind

    def LoadLibrary(self, name):
        return self._kind(name)

    def __getattr__(self, name):
        return self._kind(name)


class Unreachable:
    def __getattr__(self, name):
        raise AttributeError(NO_CTYPES.format(name=f"pythonapi.{name}"), name=name, obj=self)


cdll, pydll, pythonapi = LibraryLoader(CDLL), LibraryLoader(PyDLL), Unreachable()
