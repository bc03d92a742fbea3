"""Which clients' pages hear the kernel: each of their connections subscribes to a topic of its own."""

from typing import Dict


class Listeners:
    def __init__(self) -> None:
        #: By topic its session; none as long as nobody has said whose it is.
        self._topics: Dict[str, str] = {}

    def began(self, topic: str) -> None:
        self._topics[topic] = ""

    def ended(self, topic: str) -> None:
        self._topics.pop(topic, None)

    def is_there(self, topic: str) -> bool:
        return topic in self._topics

    def belongs(self, topic: str, session: str) -> None:
        if topic in self._topics:
            self._topics[topic] = session

    def hears(self, session: str) -> bool:
        return session in self._topics.values()

    def clear(self) -> None:
        self._topics.clear()
