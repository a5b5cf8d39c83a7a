"""Two hundred swaps under load: no connection lost, no memory, no descriptor, no file left."""

import os
import time

import faulttest
from faulttest import SANITIZED, Steady, put, stwtest
from stwtest import case, equal, free_ports, listener

SWAPS = 200
WARM = 40
GROWTH = 512  # KiB for each process; a leak of one context in each swap would be several times that


def swap(site, images, count):
    generation = site.status()["generation"]
    for n in range(count):
        put(site, images[n % 2])
        generation += 1
        site.wait_for(lambda s: s["generation"] == generation, "the swap")


@case
def flat(site):
    """memory, descriptors and files are after 200 swaps what they were before"""
    smtp, imap, web, extra = free_ports(4)
    base = (listener("smtp", "smtp", f"127.0.0.1:{smtp}")
            + listener("imap", "imap", f"127.0.0.1:{imap}")
            + listener("web", "http", f"127.0.0.1:{web}"))
    images = []
    for n in range(2):
        # a listener comes and goes, others change, and so do a thousand addresses
        text = base + "".join(f'[[BlockedIp]]\naddress = "10.{n}.{k >> 8}.{k & 255}"\n'
                              for k in range(1000))
        if n:
            text += listener("extra", "pop3", f"127.0.0.1:{extra}", maxConnections=10)
        images.append(site.build(text, site.dir / f"image{n}").read_bytes())
    site.image.write_bytes(images[0])
    site.start()
    began = time.monotonic()
    with Steady(smtp, imap) as load:
        swap(site, images[::-1], WARM)
        pids = faulttest.processes(site)
        before = {name: (faulttest.memory(pid), faulttest.descriptors(pid))
                  for name, pid in pids.items()}
        swap(site, images[::-1], SWAPS)
    equal(faulttest.processes(site), pids, "the processes are the same")

    def settled():
        now = {name: (faulttest.memory(pid), faulttest.descriptors(pid))
               for name, pid in pids.items()}
        return all(now[n][1] <= before[n][1] for n in now) and now

    after = stwtest.until(settled, f"descriptors to be as before: {before}", 5)
    print(f"# {SWAPS + WARM} swaps in {time.monotonic() - began:.1f} s, {load.count} connections")
    for name in pids:
        print(f"# {name}: {before[name][0]} to {after[name][0]} KiB, {after[name][1]} descriptors")
        # a sanitizer keeps what was freed
        if not SANITIZED:
            assert after[name][0] <= before[name][0] + GROWTH, f"{name} grew: {before} {after}"
    assert len(os.listdir(site.state / "generations")) <= 5
    equal(site.status()["health"], "healthy", "health")


stwtest.run()
