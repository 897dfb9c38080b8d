"""What does a server out there answer to one call? None of our own is ever called, and none may take its time."""

from .exchange import Answer, NotReached, call
from .hosts import Inside, NoHost, may_be_called, split

__all__ = ["Answer", "Inside", "NoHost", "NotReached", "call", "may_be_called", "split"]
