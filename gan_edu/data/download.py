"""Downloads: checksummed, retried, from a second mirror if the first fails, and never half a file under a whole file's name."""

from dataclasses import dataclass

from ..errors import DataError, file_errors


@dataclass(frozen=True)
class Remote:
    """A file to be had from the network: its name, mirrors in order of preference, and its checksum (`md5:…`)."""

    name: str
    mirrors: tuple[str, ...]
    checksum: str


def fetch(remotes, folder, attempts=2, timeout=10):
    """Downloads what is missing into `folder`, which it returns; or None if no mirror can be reached.

    pooch writes to a temporary file and renames it once the checksum fits. A file that arrives but has the wrong checksum from
    every mirror raises DataError: that is not a missing network, and must not pass for one.
    """
    import pooch
    import requests

    pooch.get_logger().setLevel("WARNING")  # its progress bar says enough
    downloader = pooch.HTTPDownloader(progressbar=True, timeout=timeout)
    for remote in remotes:
        if (folder / remote.name).is_file():
            continue
        mismatch = None
        with file_errors(DataError, remote.name, f"written to {folder}"):
            for url in remote.mirrors * attempts:
                try:
                    folder.mkdir(parents=True, exist_ok=True)
                    pooch.retrieve(url, remote.checksum, fname=remote.name, path=folder, downloader=downloader)
                    break
                except requests.RequestException:
                    continue  # the next mirror, or the stand-in
                except ValueError as error:  # pooch's word for a wrong checksum
                    mismatch = error
            else:
                if mismatch is not None:
                    raise DataError(
                        f"{remote.name} arrived damaged or altered from every mirror ({mismatch}). Try again on another network, "
                        f"or put a good copy into {folder}."
                    ) from mismatch
                return None
    return folder
