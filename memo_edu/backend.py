"""Which array library computes, and where: NumPy in, NumPy out at the edges."""

import functools
import importlib.util

import array_api_compat
import numpy as np
import psutil

from memo_edu.errors import BackendError, CapacityError

HOW_TO_INSTALL = (
    "For an NVIDIA GPU install one of the extras: pip install 'memo-edu[gpu]' (CUDA 13) "
    "or 'memo-edu[gpu-cuda12]' (CUDA 12). Without a GPU use backend='numpy'."
)


class Backend:
    """An array library and the device on which its arrays live.

    Args:
        xp: a module that follows the array API standard, such as NumPy or CuPy.
        device: a device of that library; None is the library's own default.

    Source: the Python array API standard, https://data-apis.org/array-api (2024).

    Example:
        >>> numpy = get_backend("numpy")
        >>> numpy.to_numpy(numpy.asarray([1.0, 2.0]))
        array([1., 2.])
    """

    def __init__(self, xp, device=None):
        try:
            self.xp = array_api_compat.array_namespace(xp.empty(1, device=device))
        except (ValueError, TypeError) as error:
            raise BackendError(f"{xp.__name__} has no device {device!r}: {error}.") from error
        self.device = device
        self.name = self.xp.__name__.removeprefix("array_api_compat.")

    def asarray(self, array, dtype=None):
        """Move numbers to the device, if they are not there yet.

        Args:
            array: any array or nested list; (…).
            dtype: "float32", "float64", "int64", or None to keep the array's own.

        Returns:
            An array of this backend with the same shape.

        Raises:
            CapacityError: the device has no room for it.
        """
        if self.owns(array):
            dtype = array.dtype if dtype is None else getattr(self.xp, dtype)
            return self.xp.astype(array, dtype, copy=False)
        try:
            return self.xp.asarray(np.asarray(to_numpy(array), dtype=dtype), device=self.device)
        except MemoryError as error:
            raise CapacityError(f"The {self.name} backend has no room left: {error}") from error

    def owns(self, array):
        """Tell whether an array already lives on this backend's device."""
        if not array_api_compat.is_array_api_obj(array):
            return False
        if array_api_compat.array_namespace(array) is not self.xp:
            return False
        return self.device is None or array_api_compat.device(array) == self.device

    def to_numpy(self, array):
        """Bring an array back to the host, as a NumPy array of the same shape."""
        return to_numpy(array)

    def copy_rows(self, rows, array, first):
        """Copy rows into an array from row `first` on, converted to its format.

        Args:
            rows: (n, m).
            array: (N, m), of this backend, N at least first + n.
            first: a row of the array.
        """
        target = slice(first, first + rows.shape[0])
        try:
            array[target, :] = rows  # most libraries convert in passing
        except TypeError:  # the standard does not ask them to
            array[target, :] = self.xp.astype(rows, array.dtype)

    def free_memory(self):
        """Say how many bytes are free where this backend computes."""
        if self.name == "cupy":
            import cupy

            return cupy.cuda.runtime.memGetInfo()[0]
        return psutil.virtual_memory().available

    def require(self, needed, what):
        """Refuse work that cannot fit, before anything is allocated.

        Args:
            needed: bytes that will be allocated.
            what: the thing that needs them, for the message.

        Raises:
            CapacityError: more is needed than is free.
        """
        free = self.free_memory()
        if needed > free:
            raise CapacityError(
                f"{what} needs {needed / 1e9:,.1f} GB of memory and {free / 1e9:,.1f} GB are free. "
                "Choose a smaller dim or vocab_size."
            )

    def __repr__(self):
        return (
            f"Backend({self.name!r})"
            if self.device is None
            else (f"Backend({self.name!r}, device={self.device})")
        )


def to_numpy(array):
    """Bring any array to the host.

    Args:
        array: an array of any library and device, or a nested list; (…).

    Returns:
        A NumPy array of the same shape.

    Example:
        >>> to_numpy([[1, 2]]).shape
        (1, 2)
    """
    if not array_api_compat.is_array_api_obj(array) or isinstance(array, np.ndarray):
        return np.asarray(array)
    xp = array_api_compat.array_namespace(array)
    host = xp.Device("CPU_DEVICE") if xp.__name__ == "array_api_strict" else "cpu"
    return np.asarray(array_api_compat.to_device(array, host))


def get_backend(name="auto", device=None):
    """Find an array library that really works on this machine.

    Args:
        name: "numpy"; "cupy"; "auto" (CuPy if a GPU answers, else NumPy); any module that
            follows the array API standard; or a Backend, which is returned as it is.
        device: a device of that library; None is the library's own default.

    Returns:
        A Backend.

    Raises:
        BackendError: the name is unknown, or a GPU was asked for and none answers.

    Example:
        >>> get_backend("numpy")
        Backend('numpy')
    """
    if isinstance(name, Backend):
        return name
    if name == "auto":
        cupy, _ = _find_cupy()
        return Backend(cupy if cupy is not None else np, device)
    if name == "numpy":
        return Backend(np, device)
    if name == "cupy":
        cupy, found = _find_cupy()
        if cupy is None:
            raise BackendError(f"No working GPU: {found}. {HOW_TO_INSTALL}")
        return Backend(cupy, device)
    if hasattr(name, "asarray") and hasattr(name, "matmul"):
        return Backend(name, device)
    raise BackendError(
        f"There is no backend {name!r}. Choose 'numpy', 'cupy', 'auto', or pass a module that "
        "follows the array API standard."
    )


@functools.cache
def _find_cupy():
    """Return (cupy, what was found); cupy is None unless a first array could be computed."""
    if importlib.util.find_spec("cupy") is None:
        return None, "CuPy is not installed"
    try:
        import cupy

        if not cupy.cuda.is_available():
            return None, "CuPy is installed, but it sees no GPU with a working driver"
        if float(cupy.ones(1)[0] + 1) != 2:
            return None, "a GPU answered, with a wrong sum"
        return cupy, "a working GPU"
    except Exception as error:  # a broken driver may raise anything at all
        return None, f"CuPy is installed, but its first operation failed ({error})"
