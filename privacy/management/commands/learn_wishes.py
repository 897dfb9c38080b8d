"""`learn_wishes`: what mail is most like, learnt anew from the texts in privacy/inbound/wishes/text/."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from privacy.inbound.wishes import learning


class Command(BaseCommand):
    """Run it after the texts of a language were changed; the same texts always give the same result."""

    help = "Learns from the texts of the languages named, or of all; a minute or two each."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("language", nargs="*", help="such as en; all when none is named")

    def handle(self, *args: Any, **options: Any) -> None:
        known = learning.languages()
        if unknown := sorted(set(options["language"]) - set(known)):
            raise CommandError(f"No texts in {', '.join(unknown)}; there are {', '.join(known)}.", returncode=2)
        for language in options["language"] or known:
            path = learning.relearn(language)
            self.stderr.write(f"{language}: {len(learning.texts(language))} texts, written to {path.name}")
