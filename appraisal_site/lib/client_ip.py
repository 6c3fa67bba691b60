from django.conf import settings
from django.http import HttpRequest


def client_ip(request: HttpRequest) -> str:
    """The caller's address, as seen by the outermost of our own PROXY_COUNT reverse proxies.

    Each proxy appends the address it saw to X-Forwarded-For; whatever stands further left came
    from the caller and could be anything.
    """
    count: int = settings.PROXY_COUNT
    if count:
        hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",")]
        if len(hops) >= count and hops[-count]:
            return hops[-count]
    return str(request.META.get("REMOTE_ADDR", ""))
