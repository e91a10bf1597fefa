"""Ways that a platform names and that lead nowhere."""

from io import BytesIO
from urllib.parse import urlsplit

import pytest

from lti_plp.launch.services.downloads import Download, download
from lti_plp.launch.services.http import PlatformHttp
from lti_plp.lms.gateway import TryLater
from lti_plp.settings import Settings
from tests.platform_server import PlatformServer

NO_ADDRESSES = ["http://[", "https://[::1/file", "//[x]/"]


@pytest.mark.parametrize("address", NO_ADDRESSES)
def test_a_file(platform: PlatformServer, tool_settings: Settings, address: str) -> None:
    hosts = frozenset({urlsplit(platform.url).netloc})
    platform.fail("/file", 302, Location=address)
    for url in (f"{platform.url}/file", address):
        with pytest.raises(TryLater, match="bad_answer"):
            download(tool_settings, Download(url, "token", hosts, 1000), BytesIO())


@pytest.mark.parametrize("address", NO_ADDRESSES)
def test_an_answer(platform: PlatformServer, tool_settings: Settings, address: str) -> None:
    http = PlatformHttp(tool_settings, sleep=lambda _: None)
    platform.fail("/members", 302, Location=address)
    with pytest.raises(TryLater, match="bad_answer"):
        http.send("GET", f"{platform.url}/members", once=True)
