"""The figures that are ready for Prometheus: PromQL in which $window, $by and $le stand for what a question fills in.

Each is asked for the window as a whole: the 95th percentile of a week is none of its days' percentiles put together.
`$by` becomes "by (service)" or nothing, `$le` the same with the label of a histogram's buckets, `$step` the resolution
of a subquery.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Set = Literal["service", "infrastructure"]
SETS: tuple[Set, ...] = ("service", "infrastructure")
_RATE = "sum $by (rate($requests{$service}[$window]))"
_FAILED = "sum $by (rate($requests{$failed}[$window]))"
_LATENCY = "1000 * histogram_quantile({part}, sum $le (rate({bucket}{{$service}}[$window])))"
_DISKS = "{$disks}"
_CARDS = "{$cards}"
READY: Mapping[Set, Mapping[str, str]] = {
    "service": {
        "request_rate": _RATE,
        # A service without a single error has no series of them: 0 of its rate stands in.
        "error_rate": f"({_FAILED} or 0 * {_RATE}) / {_RATE}",
        "latency_p50": _LATENCY.format(part="0.5", bucket="$latency_bucket"),
        "latency_p95": _LATENCY.format(part="0.95", bucket="$latency_bucket"),
        "latency_p99": _LATENCY.format(part="0.99", bucket="$latency_bucket"),
    },
    "infrastructure": {
        "cpu": "1 - avg $by (rate(node_cpu_seconds_total{$idle}[$window]))",
        "memory": "avg_over_time((1 - sum $by (node_memory_MemAvailable_bytes{$nodes})"
        " / sum $by (node_memory_MemTotal_bytes{$nodes}))[$window:$step])",
        "disk": f"max $by (1 - node_filesystem_avail_bytes{_DISKS} / node_filesystem_size_bytes{_DISKS})",
        "network_in": f"sum $by (rate(node_network_receive_bytes_total{_CARDS}[$window]))",
        "network_out": f"sum $by (rate(node_network_transmit_bytes_total{_CARDS}[$window]))",
    },
}
IDLE = 'mode="idle"'
DISKS = 'fstype!~"tmpfs|ramfs|overlay|squashfs|iso9660|nfs.*|fuse.*"'
CARDS = 'device!~"lo|veth.*|docker.*|br-.*|cni.*|flannel.*|cali.*"'
