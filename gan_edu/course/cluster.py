"""Where many runs are played at once: two workers here, or those of a `dask.distributed` scheduler."""

from contextlib import ExitStack, contextmanager


@contextmanager
def client(scheduler: str | None = None):
    """A `distributed.Client` of the scheduler at that address, whose machines have a checkout of the project; without one, of two
    processes on this machine, with one thread each."""
    from distributed import Client, LocalCluster  # which takes a second to import

    with ExitStack() as stack:
        if scheduler is None:
            scheduler = stack.enter_context(LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None))
        yield stack.enter_context(Client(scheduler))
