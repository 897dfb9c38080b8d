"""Which words are the sender's own? Without quotations, forwarded mail, signatures and footers."""

import re

# Re:, Fwd:, AW: and their sisters, also numbered, in the languages of our customers.
REPLY = "re r aw antw antwort sv vs ref rif res odp bls balas ynt i pd 回复 回覆 答复".split()
PASSED_ON = "fw fwd wg tr rv enc doorst vb vl pd 转发 轉寄".split()
NUMBER = r"\s*(?:\[\d+\]|\(\d+\))?\s*[:：]"
PREFIX = re.compile(rf"^\s*(?:\[ext(?:ern(?:al)?)?\]|(?:{'|'.join(REPLY + PASSED_ON)}){NUMBER})\s*", re.IGNORECASE)
# From one of these lines on, everything is somebody else's text.
REST_IS_QUOTED = re.compile(
    r"^\s*(?:-{2,}\s*(?:original|ursprüngliche|message d'origine|oorspronkelijk|messaggio|mensaje|mensagem|oryginalna"
    r"|wiadomość|ursprungligt|vidarebefordrat|mesej|forwarded|weitergeleitete|doorgestuurd|原始邮件|转发).{0,60}"
    r"|begin forwarded message.{0,5}|anfang der weitergeleiteten.{0,20}|début du message.{0,20}|_{10,}\s*|<{5,}.*)$",
    re.IGNORECASE,
)
QUOTED_HEAD = re.compile(
    r"^\s*\*?(?:from|von|de|van|da|od|från|daripada|dari|发件人|寄件者)\*?\s*[:：].*\S", re.IGNORECASE
)
NEXT_IN_HEAD = (
    "sent gesendet envoyé verzonden inviato enviado enviada wysłano wysłane skickat dihantar date datum "
    "fecha data tarikh to an à aan a para do till kepada subject betreff objet onderwerp oggetto "
    "asunto assunto temat ämne "
    "发送时间 日期 收件人 主题"
).split()
QUOTED_HEAD_NEXT = re.compile(rf"^\s*\*?(?:{'|'.join(NEXT_IN_HEAD)})\*?\s*[:：]", re.IGNORECASE)
INTRODUCES = re.compile(
    r"(?:wrote|schrieb|a écrit|schreef|ha scritto|escribió|escreveu|napisał\(?a?\)?|skrev|menulis|写道|寫道"
    r"|@[\w.-]+>?).{0,40}[:：]\s*$"
    r"|^.{0,80}\d{1,4}[./-]\d{1,2}[./-]\d{1,4}.{0,80}[:：]\s*$",
    re.IGNORECASE,
)
SENT = "sent gesendet envoyé verstuurd inviato enviado wysłano skickat".split()
FROM = "from von depuis vanaf da desde do z från".split()
SIGNATURE = re.compile(rf"^(?:-- ?|—|_{{3,}}|(?:{'|'.join(SENT)}) (?:{'|'.join(FROM)}) .{{0,30}})$", re.IGNORECASE)
# Legal notices that firms hang below every mail speak of deleting and of error, and are nobody's wish.
CLOSED = (
    "confidential privileged vertraulich confidentiel vertrouwelijk confidencial riservat poufn konfidentiell sulit"
)
MEANT_FOR = "recipient empfänger destinat bestemd adresat mottagare penerima intended geadresseerde ontvanger"
SMALL_PRINT = re.compile(
    rf"\b(?:e-?mail|mail|message|nachricht|bericht|mensaje|correo|mensagem|messaggio|wiadomo\w+|meddeland\w+|mejl|mesej|emel)"
    rf"\b.{{0,120}}\b(?:{'|'.join(CLOSED.split())})|\b(?:{'|'.join(CLOSED.split())}).{{0,200}}\b(?:{'|'.join(MEANT_FOR.split())})"
    r"|本(?:电子)?[邮郵]件.{0,40}(?:保密|机密|機密)|if you have received this .{0,20}in error",
    re.IGNORECASE,
)
# A line of a signature that names a firm, whatever else its name may say.
FIRM = re.compile(
    r"\b(?:GmbH|Ltd|LLP|LLC|Inc|PLC|S\.?A\.?R\.?L|S\.?A\.?S|B\.?V|S\.?r\.?l|S\.L|Lda|KG|AG|AB|e\.K)\b"
    r"|\bSp\. ?z ?o\. ?o|\bSdn\.? Bhd|有限公司"
)
FIRM_WORDS = 12
URL = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)


def bare_subject(subject: str) -> str:
    """The subject without Re:, Fwd: and the like, blanks folded."""
    for _ in range(10):
        shorter = PREFIX.sub("", subject, count=1)
        if shorter == subject:
            break
        subject = shorter
    return " ".join(subject.split())


def own_words(text: str) -> str:
    """What the sender wrote, above, between or below what is quoted."""
    return apart(text)[0]


def apart(text: str) -> tuple[str, str]:
    """The sender's own words, and the rest: quotations, forwarded mail, signatures and legal small print."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")[:2000]
    kept: list[str] = []
    rest: list[str] = []
    signed = False
    for number, line in enumerate(lines):
        following = next((later for later in lines[number + 1 : number + 4] if later.strip()), "")
        is_quoted = line.lstrip().startswith((">", "|"))
        introduces = not is_quoted and bool(INTRODUCES.search(line[:300]))
        if introduces and kept and _begins_introduction(kept[-1]):
            rest.append(kept.pop())
        if _everything_below_is_quoted(line, following) or (
            introduces and not following.lstrip().startswith((">", "|"))
        ):
            rest += lines[number:]
            break
        signed = (
            (signed and not is_quoted) or bool(SIGNATURE.match(line.strip())) or bool(SMALL_PRINT.search(line[:600]))
        )
        is_firm = bool(kept) and len(line.split()) <= FIRM_WORDS and bool(FIRM.search(line))
        (rest if is_quoted or introduces or signed or is_firm else kept).append(line)
    return URL.sub(" ", "\n".join(kept)).strip(), "\n".join(rest)


def _everything_below_is_quoted(line: str, following: str) -> bool:
    return bool(REST_IS_QUOTED.match(line) or (QUOTED_HEAD.match(line) and QUOTED_HEAD_NEXT.match(following)))


def _begins_introduction(line: str) -> bool:
    """The first half of "On Monday, somebody <...> wrote:" where a mail program broke the line."""
    return bool(
        re.match(r"\s*(?:(?:on|am|le|op|il|el|em|w dniu|den)\b.{0,80}\d|\d+[./-]\d+[./-]\d+.*<$)", line, re.IGNORECASE)
    )
