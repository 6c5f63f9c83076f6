"""Objects as tests need them, and where they are in the API."""

HOSTNAME = "kubernetes.io/hostname"
ZONE = "topology.kubernetes.io/zone"

NODES = "/api/v1/nodes"
PODS = "/api/v1/namespaces/default/pods"
EVENTS = "/apis/events.k8s.io/v1/namespaces/default/events"


def node(name, cpu="4", memory="8Gi", pods=110, labels=None, **spec):
    room = {"cpu": cpu, "memory": memory, "pods": str(pods), "ephemeral-storage": "100Gi"}
    return {
        "metadata": {"name": name, "labels": {HOSTNAME: name, **(labels or {})}},
        "spec": spec,
        "status": {
            "capacity": room,
            "allocatable": room,
            "conditions": [{"type": "Ready", "status": "True"}],
        },
    }


def pod(name, cpu="100m", memory="64Mi", labels=None, scheduler="default-scheduler", **spec):
    """Gone as soon as it is deleted, unless it says another grace period."""
    container = {
        "name": "main",
        "image": "registry.example.com/main:1",
        "resources": {"requests": {"cpu": cpu, "memory": memory}},
    }
    port = spec.pop("host_port", None)
    if port is not None:
        container["ports"] = [{"containerPort": port, "hostPort": port}]
    return {
        "metadata": {"name": name, "namespace": "default", "labels": labels or {}},
        "spec": {
            "schedulerName": scheduler,
            "terminationGracePeriodSeconds": 0,
            "containers": [container],
            **spec,
        },
    }


def path_of(pod_object):
    return PODS + "/" + pod_object["metadata"]["name"]


def node_of(pod_object):
    """None while it has none."""
    return pod_object["spec"].get("nodeName")


def condition(pod_object, kind):
    """None where there is none."""
    for one in pod_object.get("status", {}).get("conditions", []):
        if one["type"] == kind:
            return one
    return None


def millicores(quantity):
    return int(quantity[:-1]) if quantity.endswith("m") else int(quantity) * 1000


def requested_millicores(pod_object):
    containers = pod_object["spec"]["containers"]
    return sum(millicores(one["resources"]["requests"]["cpu"]) for one in containers)
