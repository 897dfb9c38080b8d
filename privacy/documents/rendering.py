"""How is one page set? HTML from a template, tagged PDF/UA-1 and PDF/A-3a from HTML, in one place."""

import gc
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone, translation
from weasyprint import CSS, HTML, Attachment
from weasyprint.text.fonts import FontConfiguration

from ..garbage import without_collector
from . import drawing, reading  # noqa: F401  # what they change in the renderer
from .coverage import printable
from .safety import RefusingFetcher

VARIANT = "pdf/a-3a"
# PDF/UA-1 beside PDF/A-3a; the renderer itself can only say one of the two. PDF/A wants the other name described.
PDF_UA = b"""<rdf:Description xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/" rdf:about="" pdfuaid:part="1"/>
<rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"
 xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#" xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">
<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">
<pdfaSchema:schema>PDF/UA identification</pdfaSchema:schema>
<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>
<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>
<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">
<pdfaProperty:name>part</pdfaProperty:name>
<pdfaProperty:valueType>Integer</pdfaProperty:valueType>
<pdfaProperty:category>internal</pdfaProperty:category>
<pdfaProperty:description>Part of ISO 14289</pdfaProperty:description>
</rdf:li></rdf:Seq></pdfaSchema:property>
</rdf:li></rdf:Bag></pdfaExtension:schemas></rdf:Description></rdf:RDF>"""


@dataclass(frozen=True)
class Data:
    """A file that travels inside the PDF, as the data the page was made from; `at` is when it was, if not now."""

    name: str
    content: bytes
    description: str
    at: datetime | None = None

    def attached(self) -> Attachment:
        """For the renderer."""
        now = self.at or datetime.now(UTC)
        return Attachment(
            string=self.content,
            name=self.name,
            description=self.description,
            relationship="Data",
            created=now,
            modified=now,
            url_fetcher=RefusingFetcher(),
        )


@cache
def fonts() -> FontConfiguration:
    """The installed fonts, looked at once."""
    return FontConfiguration()


@cache
def stylesheet() -> CSS:
    """The print stylesheet of every document, parsed once."""
    text = render_to_string("documents/print.css")
    return CSS(string=text, url_fetcher=RefusingFetcher(), font_config=fonts(), base_url="static:/")


def html_of(template: str, context: dict[str, Any], *, language: str | None = None) -> str:
    """The page as HTML, autoescaped, in the person's language, every character one that can be printed."""
    with translation.override(language or settings.LANGUAGE_CODE):
        given = {"shop": settings.SHOP, "site_url": settings.SITE_URL, "now": timezone.now()} | context
        given |= {"language": translation.get_language(), "right_to_left": translation.get_language_bidi()}
        return printable(render_to_string(f"documents/{template}", given))


def laid_out(html: str) -> Any:
    """The page set and broken into sheets, by the only call of the renderer here; a page itself attaches nothing."""
    page = HTML(string=html, base_url="static:/", url_fetcher=RefusingFetcher())
    document = page.render(font_config=fonts(), stylesheets=[stylesheet()], pdf_variant=VARIANT)
    document.metadata.attachments = []
    for sheet in document.pages:
        sheet.links = [link for link in sheet.links if link[0] != "attachment"]
    return document


def name_both(pdf: Any) -> Any:
    """Says in the metadata that the file is PDF/UA-1 too."""
    metadata = pdf.objects[int(pdf.catalog["Metadata"].split()[0])]
    metadata.stream = [part.replace(b"</rdf:RDF>", PDF_UA) for part in metadata.stream]
    return pdf


def pdf_of(html: str, *, attachments: Iterable[Data] = ()) -> bytes:
    """A short document, whole, as one file."""
    with without_collector():
        document = laid_out(html)
        written: bytes = document.write_pdf(
            pdf_variant=VARIANT,
            pdf_tags=True,
            attachments=[data.attached() for data in attachments],
            finisher=lambda _, pdf: name_both(pdf),
        )
    return written


def warm_up() -> None:
    """Looks at the fonts and sets a first page, so that the first person does not wait for it."""
    pdf_of('<html lang="en"><head><title>-</title></head><body><p>-</p></body></html>')
    printable("\u0104")
    gc.freeze()
