"""Names of the description as identifiers of generated code: legal, and as different as they are.

Most names are what they were: ``hidden`` stays, ``input->hidden`` becomes ``input_to_hidden``. What
C++, Python, GeNN or a template would take for something else is marked by the letter q:

======================================  ==================
in the name                             in the identifier
======================================  ==================
a capital, ``H``                        ``qh``
``q``                                   ``qq``
an underscore that doubles or ends      ``q0``
a word that is taken, ``int``           ``q1int``
``to`` between underscores              ``q2to``
``.2``, the second of a kind            ``_no2``
``no2`` between underscores             ``q3no2``
more than 60 characters                 the first 40, ``q4`` and a digest
======================================  ==================

So ``Hidden`` and ``hidden``, ``a_b`` and ``aB``, ``h1`` and ``h_1`` are different identifiers and,
as all are lower case, lead to different types and, where capitals do not count, different files.
"""

from __future__ import annotations

import hashlib
import keyword
import re
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache

from genprop._resources import data_dir
from genprop.errors import ToolchainError

__all__ = ["belongs_to_cpp", "file_stem", "identifier", "in_users_words", "taken", "type_name"]

_CPP = """
alignas alignof and and_eq asm auto bitand bitor bool break case catch char char8_t char16_t
char32_t class co_await co_return co_yield compl concept const const_cast consteval constexpr
constinit continue decltype default delete do double dynamic_cast else enum explicit export extern
false float for friend goto if inline int long mutable namespace new noexcept not not_eq nullptr
operator or or_eq private protected public register reinterpret_cast requires return short signed
sizeof static static_assert static_cast struct switch template this thread_local throw true try
typedef typeid typename union unsigned using virtual void volatile wchar_t while xor xor_eq final
override import module main std assert errno linux major makedev minor offsetof stderr stdin
stdout typeof unix
"""
_CPP_WORDS = frozenset(_CPP.split())
"""The words of C++ up to 2020 and, in the last lines, what compilers and system headers define."""

_MACRO = re.compile(
    r"_[A-Z]\w*|\w*__\w*|M_\w+|NULL|EOF|NAN|INFINITY|BUFSIZ|HUGE_\w+|FP_\w+|RAND_MAX"
    r"|U?(INT|CHAR|SHRT|LONG|LLONG|SIZE|PTRDIFF)\w*_(MAX|MIN|BIT|C)|(FLT|DBL|LDBL)_\w+"
)
_SEEING = ("*.j2", "batch/*.j2", "sample/*.j2", "exact/*.j2")
_TYPES = ("numbers", "gradients", "record")  # what the types of a population end with
_LONGEST = 60
_SECOND = "\0"


@lru_cache(4096)  # every batch names its arrays
def identifier(name: str) -> str:
    """A flat name as an identifier of C++, Python and GeNN, by the table above."""
    pieces = re.split(r"(->|[^A-Za-z0-9_]+)", re.sub(r"\.(?=\d+$)", _SECOND, name))
    joints = {"->": "_to_", _SECOND: "_no"}
    word = "".join(joints.get(p, "_") if k % 2 else _encoded(p) for k, p in enumerate(pieces))
    word = word.strip("_")
    if word in taken():
        word = f"q1{word}"
    if word[:1].isdigit():
        word = f"n{word}"
    if len(word) > _LONGEST:
        word = f"{word[:40].rstrip('_')}q4{hashlib.sha256(name.encode()).hexdigest()[:12]}"
    return word


def type_name(name: str) -> str:
    """A name as a C++ type: ``hidden_cells`` becomes ``HiddenCells``."""
    word = re.sub(r"(?:^|_)([a-z])", lambda part: part[1].upper(), identifier(name))
    clashes = word in _taken_types() or word.lower().endswith(_TYPES)
    return f"{word}_" if clashes else word


def in_users_words(
    error: ToolchainError, names: Iterable[str], spelt: Mapping[str, str] | None = None
) -> ToolchainError:
    """The error with, below a compiler's output, which names its identifiers stand for.

    Args:
        error: of a compiler of generated code, with its output.
        names: of populations, projections and losses; those that differ from their identifiers
            and stand in the output are listed.
        spelt: other names, as of states, and the words that stand for them.
    """
    forms = [(word, name) for name in names for word in _forms(name)]
    forms += [(word, name) for name, word in (spelt or {}).items()]
    found = {word: name for word, name in forms if _holds(error.what, word)}
    if not found:
        return error
    rows = "\n".join(f"    {word:<20} {name!r}" for word, name in sorted(found.items()))
    what = f"{error.what}\n  generated from these names of the network:\n{rows}"
    return ToolchainError(what, where=error.where, remedy=error.remedy)


def _forms(name: str) -> set[str]:
    """How generated code writes a name, where that is another word."""
    word = identifier(name)
    return {word, type_name(name)} if word != name else set()


def _holds(text: str, word: str) -> bool:
    """Whether a word is an identifier of ``text``, or a part of one: ``hidden_spikes``."""
    return re.search(rf"(?<![A-Za-z0-9]){re.escape(word)}(?![a-z0-9])", text) is not None


def file_stem(text: str) -> str:
    """A title of the user's as the name of a file or module: ASCII letters, digits, underscores."""
    word = re.sub(r"[^A-Za-z0-9]+", "_", text).strip("_")[:_LONGEST]
    return (word if not word[:1].isdigit() else f"n{word}") or "network"


def belongs_to_cpp(word: str) -> bool:
    """Whether C++, its headers or compilers have given ``word`` a meaning."""
    return word in _CPP_WORDS or _MACRO.fullmatch(word) is not None


@cache
def taken() -> frozenset[str]:
    """The words of C++ and Python, and of the native templates that see the network's members."""
    words = {*_CPP_WORDS, *keyword.kwlist, *keyword.softkwlist}
    return frozenset(words | _words(*_SEEING))


@cache
def _taken_types() -> frozenset[str]:
    return frozenset(word for word in _words("**/*.j2") if word[0].isupper())


def _words(*patterns: str) -> set[str]:
    """The names that the code of some native templates uses, but for members of objects."""
    root, words = data_dir("templates") / "native", set[str]()
    for path in (path for pattern in patterns for path in root.glob(pattern)):
        text = path.read_text(encoding="utf-8")
        code = re.sub(r"\{#.*?#\}|\{\{.*?\}\}|\{%.*?%\}", "0", text, flags=re.DOTALL)
        code = re.sub(r"//[^\n]*|\"[^\"\n]*\"", "", code)
        words |= set(re.findall(r"(?<![\w.:])(?<!->)[A-Za-z_]\w*", code))
    return words


def _encoded(text: str) -> str:
    text = text.replace("q", "qq")
    text = re.sub(r"[A-Z]", lambda letter: f"q{letter[0].lower()}", text)
    text = re.sub(r"(?<![^_])_|_(?=_|$)", "q0", text)
    text = re.sub(r"(?<![^_])to(?![^_])", "q2to", text)
    return re.sub(r"(?<![^_])(no\d+)(?![^_])", r"q3\1", text)
