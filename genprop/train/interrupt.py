"""Letting a signal interrupt between two batches instead of within one."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import FrameType, TracebackType

    from genprop._ranks import Ranks

__all__ = ["Interruptible"]


class Interruptible:
    """While it is entered, the first Ctrl-C or SIGTERM is only noted; the same again acts.

    A handler of SIGTERM that somebody else installed stays. Outside the main thread, where no
    signal arrives, this does nothing.

    Attributes:
        requested: whether a signal came.
    """

    def __init__(self) -> None:
        self.requested = False
        self._number = int(signal.SIGINT)
        self._previous: dict[int, Any] = {}

    def __enter__(self) -> Interruptible:
        if threading.current_thread() is threading.main_thread():
            self._previous = {signal.SIGINT: signal.signal(signal.SIGINT, self._note)}
            if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
                self._previous[signal.SIGTERM] = signal.signal(signal.SIGTERM, self._note)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give the signals back to who had them."""
        for number, handler in self._previous.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
        self._previous = {}

    def agree(self, ranks: Ranks) -> None:
        """Note what any of the ranks that train together has noted; all call it at once."""
        noted = max(ranks.gather(self._number if self.requested else 0))
        if noted:
            self.requested, self._number = True, noted

    def end(self) -> None:
        """End as the signal asks.

        Raises:
            KeyboardInterrupt: for Ctrl-C.
            SystemExit: for SIGTERM, with the status that shells give it: 143.
        """
        if self._number == signal.SIGTERM:
            raise SystemExit(128 + self._number)
        raise KeyboardInterrupt

    def _note(self, number: int, frame: FrameType | None) -> None:
        again = self.requested and number == self._number
        self.requested, self._number = True, number
        if again:
            self.end()
