"""The three ways to tell somebody. Command and hook are those of the settings, whatever SQL says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import httpx

from callbacks import command, http
from callbacks.hook import Hook
from callbacks.refused import Refused
from domain.event import Channel, Event, Webhook


@dataclass(frozen=True, slots=True)
class Channels:
    """Sends an event by the channel of its webhook.

    A template or an API call cannot name a program or a function: what a row of SQL holds for these two is only shown.
    """

    client: httpx.AsyncClient
    command: str | None = None  # OSTINATO_NOTIFY_COMMAND
    hook: Hook | None = None  # OSTINATO_HOOK
    time_limit: float = http.TIME_LIMIT  # seconds for one HTTP exchange

    async def send(self, webhook: Webhook, event: Event, *, now: datetime) -> int | None:
        """Send *event* once; give the HTTP status of what accepted it. Raises DeliveryError when nothing did."""
        match webhook.channel:
            case Channel.HTTP:
                return await http.send(webhook, event, client=self.client, now=now, time_limit=self.time_limit)
            case Channel.COMMAND:
                if self.command is None:
                    raise Refused("OSTINATO_NOTIFY_COMMAND is not set any more", permanent=True)
                await command.send(self.command, event)
            case Channel.HOOK:
                if self.hook is None:
                    raise Refused("OSTINATO_HOOK is not set any more", permanent=True)
                await self.hook.send(event)
        return None
