#!/usr/bin/env python3
"""Writes the objects of the demo cluster as files for kubectl.

usage: tools/demo_cluster.py FOLDER

  cluster.json  nodes, namespaces, priority and runtime classes
  running.json  the workloads that are placed before the recording
  changed.json  some of them as they are to be afterwards: more replicas, a new image
  pending.json  workloads created when nothing schedules any more

The files are v1 Lists and the same on every run. Two Deployments, ci/runner among the
running and analytics/query-worker among the pending, have no replicas: whoever records
scales them to get a round number of pods.
"""

import copy
import hashlib
import json
import os
import random
import sys

GI = 1024**3
MI = 1024**2
REGION = "eu-west-1"
POOL = "cloud.example.com/pool"
ZONE = "topology.kubernetes.io/zone"
HOST = "kubernetes.io/hostname"
RACK = "cloud.example.com/rack"
GPU = "nvidia.com/gpu"
APP = "app.kubernetes.io/name"
REGISTRY = "registry.example.com"

# pool, instance type, architecture, nodes, cores, memory in Gi, disk in Gi, GPUs
INSTANCES = [
    ("general", "m6i.xlarge", "amd64", 240, 4, 16, 100, 0),
    ("general", "m6i.2xlarge", "amd64", 160, 8, 32, 100, 0),
    ("general", "m7g.2xlarge", "arm64", 100, 8, 32, 100, 0),
    ("compute", "c6i.2xlarge", "amd64", 150, 8, 16, 80, 0),
    ("compute", "c6i.4xlarge", "amd64", 100, 16, 32, 80, 0),
    ("gpu", "g5.12xlarge", "amd64", 70, 48, 192, 500, 4),
    ("gpu", "p4d.24xlarge", "amd64", 30, 96, 1152, 1000, 8),
    ("spot", "m5.xlarge", "amd64", 90, 4, 16, 60, 0),
    ("spot", "c5.2xlarge", "amd64", 60, 8, 16, 60, 0),
]
GPU_PRODUCT = "nvidia.com/gpu.product"
A10G = {GPU_PRODUCT: "NVIDIA-A10G"}
A100 = {GPU_PRODUCT: "NVIDIA-A100-SXM4-40GB"}

# namespace, environment, team and applications; the applications become Deployments
NAMESPACES = """
shop          production  shop     cart catalog checkout inventory pricing reviews search session storefront wishlist
payments      production  payments fraud invoices ledger payouts refunds settlement tax tokens vault wallet
search        production  search   autocomplete crawler query ranking spelling suggest synonyms tagger tokenizer trends
media         production  media    captions encoder hls images manifests packager playback thumbnails transcoder uploads
analytics     production  data     attribution cohorts events exports funnels metrics reports rollups sql warehouse
platform      production  platform audit billing config flags identity notifications quota scheduler tenants webhooks
staging       staging     shop     cart catalog checkout inventory pricing reviews search session storefront wishlist
data          production  data
ml-training   production  ml
ml-serving    production  ml
ci            tools       platform
observability tools       platform
sandbox       development everyone
"""
NAMESPACES = {name: (env, team, apps) for name, env, team, *apps in map(str.split, NAMESPACES.strip().splitlines())}

# name, value, preemption policy
PRIORITY_CLASSES = [
    ("platform-critical", 1000000, None),
    ("production-high", 100000, None),
    ("ml-urgent", 50000, "Never"),
    ("production", 10000, None),
    ("standard", 1000, None),
    ("batch", 100, None),
    ("best-effort", -10, "Never"),
]

# On every node, with their sizes in MB.
SYSTEM_IMAGES = [
    ("registry.k8s.io/pause:3.10", 1),
    ("registry.k8s.io/kube-proxy:v1.36.3", 101),
    ("quay.io/cilium/cilium:v1.17.4", 642),
    ("quay.io/prometheus/node-exporter:v1.9.1", 25),
    ("docker.io/fluent/fluent-bit:3.2.10", 104),
]
# On the nodes of the GPU pool only.
GPU_IMAGES = [
    ("nvcr.io/nvidia/k8s-device-plugin:v0.17.2", 191),
    ("nvcr.io/nvidia/k8s/dcgm-exporter:4.2.3-4.1.3-ubuntu22.04", 612),
    ("nvcr.io/nvidia/pytorch:25.04-py3", 11872),
    ("nvcr.io/nvidia/tritonserver:25.04-py3", 8410),
    ("docker.io/vllm/vllm-openai:v0.8.5", 7903),
]
# On some nodes each.
COMMON_IMAGES = [
    ("docker.io/library/redis:7.4", 137),
    ("docker.io/library/postgres:17.5", 438),
    ("docker.io/library/nginx:1.28", 192),
    ("docker.io/library/busybox:latest", 4),
    ("docker.io/library/rabbitmq:4.1", 241),
    ("docker.io/envoyproxy/envoy:v1.34.1", 178),
    ("docker.io/istio/proxyv2:1.26.0", 309),
    ("docker.io/apache/kafka:4.0.0", 412),
    ("docker.io/apache/spark:3.5.5", 987),
    ("docker.io/clickhouse/clickhouse-server:25.4", 731),
    ("docker.elastic.co/elasticsearch/elasticsearch:9.0.1", 1240),
    ("docker.io/grafana/loki:3.5.0", 118),
    ("quay.io/prometheus/prometheus:v3.3.1", 297),
]


def app_image(namespace, app):
    return f"{REGISTRY}/{namespace}/{app}:v{1 + len(app) % 4}.{len(app) * 7 % 23}.{len(namespace) % 5}"


def app_images():
    return [
        (app_image(namespace, app), 60 + 37 * index % 900)
        for namespace, (_, _, apps) in NAMESPACES.items()
        for index, app in enumerate(apps)
        if namespace != "staging"
    ]


def obj(api_version, kind, name, namespace=None, labels=None, **rest):
    metadata = {"name": name}
    if namespace:
        metadata["namespace"] = namespace
    if labels:
        metadata["labels"] = labels
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **rest}


# Nodes


def node_image(image_and_size):
    image, megabytes = image_and_size
    repository = image.rsplit(":", 1)[0]
    digest = hashlib.sha256(image.encode()).hexdigest()
    return {"names": [f"{repository}@sha256:{digest}", image], "sizeBytes": megabytes * 1000000 + len(image)}


def node_resources(cores, memory_gi, disk_gi, gpus):
    """Capacity and allocatable, with what a kubelet and its system keep for themselves."""
    memory_ki = memory_gi * 1024 * 1024 * 965 // 1000
    disk_ki = disk_gi * 1024 * 1024 - 12308
    capacity = {
        "cpu": str(cores),
        "memory": f"{memory_ki}Ki",
        "ephemeral-storage": f"{disk_ki}Ki",
        "hugepages-1Gi": "0",
        "hugepages-2Mi": "0",
        "pods": "110",
    }
    allocatable = dict(
        capacity, cpu=f"{cores * 1000 - 70 - 5 * (cores - 2)}m", memory=f"{memory_ki - (355 + 11 * 110) * 1024}Ki"
    )
    allocatable["ephemeral-storage"] = str(disk_ki * 1024 * 9 // 10 - 1073741824)
    if gpus:
        capacity[GPU] = allocatable[GPU] = str(gpus)
    return capacity, allocatable


def node_zone(rng, instance):
    # The big GPU machines are not to be had everywhere, as in real regions.
    weights = (3, 2, 0) if instance == "p4d.24xlarge" else (40, 35, 25)
    return rng.choices("abc", weights)[0]


def node_taints(pool, instance, index):
    taints = []
    if pool == "gpu":
        taints.append({"key": GPU, "value": "present", "effect": "NoSchedule"})
    if pool == "spot":
        effect = "NoSchedule" if instance == "m5.xlarge" else "PreferNoSchedule"
        taints.append({"key": "cloud.example.com/spot", "value": "true", "effect": effect})
    if index % 211 == 100:
        taints.append({"key": "cloud.example.com/repair", "value": "disk", "effect": "NoExecute"})
    return taints


def node(rng, index, pool, instance, arch, cores, memory_gi, disk_gi, gpus):
    zone = REGION + node_zone(rng, instance)
    name = f"{pool}-{zone[-2:]}-{index:04}"
    labels = {
        "kubernetes.io/arch": arch,
        "kubernetes.io/os": "linux",
        HOST: name,
        "node.kubernetes.io/instance-type": instance,
        "topology.kubernetes.io/region": REGION,
        ZONE: zone,
        RACK: f"{zone[-2:]}-r{rng.randrange(16):02}",
        POOL: pool,
        "cloud.example.com/generation": instance[1],
        "cloud.example.com/disk": "nvme" if pool in ("compute", "gpu") else "ssd",
    }
    if gpus:
        labels.update(A10G if instance == "g5.12xlarge" else A100)
    # What the recording script cordons and taints once pods run there.
    if index % 67 == 3:
        labels["cloud.example.com/maintenance"] = "drain"
    elif index % 83 == 5:
        labels["cloud.example.com/maintenance"] = "planned"
    images = SYSTEM_IMAGES + (GPU_IMAGES if gpus else [])
    images = images + rng.sample(COMMON_IMAGES + app_images(), rng.randrange(6, 20))
    capacity, allocatable = node_resources(cores, memory_gi, disk_gi, gpus)
    spec = {"podCIDR": f"10.{64 + index // 256}.{index % 256}.0/24"}
    spec["podCIDRs"] = [spec["podCIDR"]]
    taints = node_taints(pool, instance, index)
    if taints:
        spec["taints"] = taints
    status = {
        # From the range for benchmarks (RFC 2544), which no real machine should have.
        "addresses": [
            {"type": "InternalIP", "address": f"198.18.{index // 250}.{1 + index % 250}"},
            {"type": "Hostname", "address": name},
        ],
        "capacity": capacity,
        "allocatable": allocatable,
        "images": [node_image(i) for i in sorted(images, key=lambda i: -i[1])],
        "nodeInfo": {
            "architecture": arch,
            "bootID": "",
            "containerRuntimeVersion": "containerd://2.1.1",
            "kernelVersion": "6.12.27",
            "kubeProxyVersion": "",
            "kubeletVersion": "v1.36.3",
            "machineID": "",
            "operatingSystem": "linux",
            "osImage": "Debian GNU/Linux 12 (bookworm)",
            "systemUUID": "",
        },
    }
    result = obj("v1", "Node", name, labels=labels, spec=spec, status=status)
    # kwok plays the kubelet of nodes that say so.
    result["metadata"]["annotations"] = {"kwok.x-k8s.io/node": "fake"}
    return result


def nodes(rng):
    result = []
    for pool, instance, arch, count, *size in INSTANCES:
        for _ in range(count):
            result.append(node(rng, len(result), pool, instance, arch, *size))
    return result


def cluster(rng):
    result = nodes(rng)
    for name, (environment, team, _) in NAMESPACES.items():
        result.append(obj("v1", "Namespace", name, labels={"environment": environment, "team": team}))
    for name, value, preemption in PRIORITY_CLASSES:
        more = {"preemptionPolicy": preemption} if preemption else {}
        result.append(
            obj("scheduling.k8s.io/v1", "PriorityClass", name, value=value, globalDefault=name == "standard", **more)
        )
    overhead = {"podFixed": {"cpu": "100m", "memory": "128Mi"}}
    result.append(obj("node.k8s.io/v1", "RuntimeClass", "gvisor", handler="runsc", overhead=overhead))
    scheduling = {"nodeSelector": {POOL: "compute"}}
    overhead = {"podFixed": {"cpu": "250m", "memory": "160Mi"}}
    result.append(
        obj("node.k8s.io/v1", "RuntimeClass", "kata", handler="kata", overhead=overhead, scheduling=scheduling)
    )
    return result


# Pods


def millicores(cpu):
    return f"{cpu // 1000}" if cpu % 1000 == 0 else f"{cpu}m"


def mebibytes(memory):
    return f"{memory // 1024}Gi" if memory % 1024 == 0 else f"{memory}Mi"


def container(name, image, cpu=0, memory=0, gpus=0, **more):
    """CPU in millicores, memory in Mi; neither means a container without requests."""
    resources = {}
    if cpu or memory:
        resources = {
            "requests": {"cpu": millicores(cpu), "memory": mebibytes(memory)},
            "limits": {"memory": mebibytes(2 * memory)},
        }
    if gpus:
        resources.setdefault("limits", {})[GPU] = str(gpus)
    return {"name": name, "image": image, "resources": resources, **more}


def selector(labels):
    return {"matchLabels": labels}


def spread(labels, topology, max_skew=1, when="DoNotSchedule", **more):
    return {
        "maxSkew": max_skew,
        "topologyKey": topology,
        "whenUnsatisfiable": when,
        "labelSelector": selector(labels),
        **more,
    }


def term(labels, topology, **more):
    return {"labelSelector": selector(labels), "topologyKey": topology, **more}


def weighted(weight, pod_term):
    return {"weight": weight, "podAffinityTerm": pod_term}


def expression(key, operator, *values):
    return {"key": key, "operator": operator, **({"values": list(values)} if values else {})}


def required_nodes(*expressions):
    """Node affinity to nodes that meet all the expressions."""
    terms = [{"matchExpressions": list(expressions)}]
    return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}}


def preferred_nodes(*weights_and_expressions):
    terms = [{"weight": w, "preference": {"matchExpressions": [e]}} for w, e in weights_and_expressions]
    return {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": terms}}


def required_and_preferred(must, *weights_and_expressions):
    both = {**required_nodes(must)["nodeAffinity"], **preferred_nodes(*weights_and_expressions)["nodeAffinity"]}
    return {"nodeAffinity": both}


def required(kind, *terms):
    return {kind: {"requiredDuringSchedulingIgnoredDuringExecution": list(terms)}}


def preferred(kind, *terms):
    return {kind: {"preferredDuringSchedulingIgnoredDuringExecution": list(terms)}}


TOLERATE_GPU = {"key": GPU, "operator": "Exists", "effect": "NoSchedule"}
TOLERATE_SPOT = {"key": "cloud.example.com/spot", "operator": "Equal", "value": "true", "effect": "NoSchedule"}
TOLERATE_ALL = {"operator": "Exists"}


# Workloads


def workload(api_version, kind, namespace, name, spec, pod, labels=None):
    """A Deployment, StatefulSet, DaemonSet or ReplicationController of pods labelled as `name`."""
    labels = {APP: name, **(labels or {})}
    template = {"metadata": {"labels": labels}, "spec": pod}
    pods = {APP: name}
    spec = {**spec, "selector": pods if kind == "ReplicationController" else selector(pods), "template": template}
    return obj(api_version, kind, name, namespace, {APP: name}, spec=spec)


def deployment(namespace, name, replicas, pod, strategy=None, **more):
    spec = {"replicas": replicas, "revisionHistoryLimit": 2}
    if strategy:
        spec["strategy"] = {"type": "RollingUpdate", "rollingUpdate": strategy}
    return workload("apps/v1", "Deployment", namespace, name, spec, pod, **more)


def stateful_set(namespace, name, replicas, pod, parallel=False):
    spec = {
        "replicas": replicas,
        "serviceName": name,
        "podManagementPolicy": "Parallel" if parallel else "OrderedReady",
    }
    return workload("apps/v1", "StatefulSet", namespace, name, spec, pod)


def daemon_set(namespace, name, pod):
    return workload("apps/v1", "DaemonSet", namespace, name, {}, pod)


def job(namespace, name, pods, pod, indexed=False):
    pod = {**pod, "restartPolicy": "Never"}
    spec = {
        "parallelism": pods,
        "completions": pods,
        "backoffLimit": 4,
        "completionMode": "Indexed" if indexed else "NonIndexed",
    }
    spec["template"] = {"metadata": {"labels": {APP: name}}, "spec": pod}
    return obj("batch/v1", "Job", name, namespace, {APP: name}, spec=spec)


def service(namespace, name, headless=False, labels=None):
    spec = {"selector": labels or {APP: name}, "ports": [{"name": "http", "port": 80, "targetPort": 8080}]}
    if headless:
        spec["clusterIP"] = "None"
    return obj("v1", "Service", name, namespace, spec=spec)


def disruption_budget(namespace, name, **spec):
    return obj("policy/v1", "PodDisruptionBudget", name, namespace, spec={"selector": selector({APP: name}), **spec})


# Applications: Deployments that combine what real ones have. The choices are drawn, so
# the kinds that are listed more than once are the common ones.


def no_spread(labels, rng):
    return []


SPREADS = 5 * [no_spread] + [
    lambda labels, rng: [spread(labels, ZONE, when="ScheduleAnyway")],
    lambda labels, rng: [spread(labels, ZONE, 2, "ScheduleAnyway"), spread(labels, HOST, when="ScheduleAnyway")],
    lambda labels, rng: [spread(labels, ZONE, 1 + rng.randrange(3))],
    lambda labels, rng: [spread(labels, HOST, 1 + rng.randrange(2))],
    lambda labels, rng: [spread(labels, ZONE, matchLabelKeys=["pod-template-hash"])],
    lambda labels, rng: [spread(labels, ZONE, minDomains=2), spread(labels, HOST, 3, "ScheduleAnyway")],
    lambda labels, rng: [spread(labels, HOST, 2, nodeTaintsPolicy="Honor", nodeAffinityPolicy="Ignore")],
]

PLACEMENTS = 4 * [lambda rng: {}] + [
    lambda rng: {"nodeSelector": {POOL: rng.choice(["general", "compute"])}},
    lambda rng: {"nodeSelector": {"kubernetes.io/arch": "arm64"}},
    lambda rng: {
        "affinity": required_nodes(
            expression("kubernetes.io/arch", "In", "amd64"), expression(POOL, "NotIn", "gpu", "spot")
        )
    },
    lambda rng: {"affinity": required_nodes(expression(ZONE, "In", REGION + "a", REGION + rng.choice("bc")))},
    lambda rng: {"affinity": required_nodes(expression("cloud.example.com/generation", "Gt", "5"))},
    lambda rng: {
        "affinity": preferred_nodes(
            (80, expression(POOL, "In", "compute")), (20, expression("cloud.example.com/disk", "In", "nvme"))
        )
    },
    lambda rng: {"affinity": preferred_nodes((50, expression(ZONE, "In", REGION + "c")))},
    lambda rng: {
        "affinity": required_and_preferred(
            expression("cloud.example.com/disk", "Exists"), (30, expression(POOL, "In", "general"))
        )
    },
    lambda rng: {"tolerations": [TOLERATE_SPOT]},
    lambda rng: {"tolerations": [TOLERATE_SPOT], "affinity": preferred_nodes((100, expression(POOL, "In", "spot")))},
]

# Of whichever namespaces are labelled so, not of the pod's own.
DATA_TEAM = {"namespaceSelector": selector({"team": "data"})}
COMPANIONS = 5 * [lambda labels, rng: {}] + [
    lambda labels, rng: preferred("podAntiAffinity", weighted(100, term(labels, HOST))),
    lambda labels, rng: preferred(
        "podAntiAffinity", weighted(60, term(labels, HOST)), weighted(30, term(labels, RACK))
    ),
    lambda labels, rng: required("podAntiAffinity", term(labels, HOST)),
    lambda labels, rng: required("podAntiAffinity", term(labels, HOST, matchLabelKeys=["pod-template-hash"])),
    lambda labels, rng: preferred("podAffinity", weighted(40, term({"tier": "cache"}, ZONE))),
    lambda labels, rng: preferred(
        "podAffinity", weighted(30, term({"tier": "cache"}, HOST, namespaces=["shop", "payments"]))
    ),
    lambda labels, rng: preferred("podAffinity", weighted(70, term({"tier": "store"}, ZONE, **DATA_TEAM))),
    lambda labels, rng: required("podAffinity", term({"tier": "store"}, ZONE, **DATA_TEAM)),
    lambda labels, rng: preferred("podAntiAffinity", weighted(20, term({"tier": "store"}, HOST, namespaceSelector={}))),
]


def plain(main, rng):
    return {"containers": [main]}


def with_sidecar(main, rng):
    proxy = container("istio-proxy", "docker.io/istio/proxyv2:1.26.0", 100, 128, restartPolicy="Always")
    return {"initContainers": [proxy], "containers": [main]}


def with_init(main, rng):
    # Asks for more than the pod that it prepares, as migrations do.
    return {
        "initContainers": [container("migrate", main["image"], rng.choice([100, 1000]), rng.choice([64, 1024]))],
        "containers": [main],
    }


def with_init_and_sidecar(main, rng):
    fetch = container("fetch", "docker.io/library/busybox", 50, 32)
    log = container("log", "docker.io/fluent/fluent-bit:3.2.10", 20, 48, restartPolicy="Always")
    return {"initContainers": [fetch, log, container("migrate", main["image"], 400, 512)], "containers": [main]}


def with_helpers(main, rng):
    return {
        "containers": [
            main,
            container("nginx", "docker.io/library/nginx:1.28", 50, 64),
            container("reload", "docker.io/library/busybox"),
        ]
    }


def with_pod_resources(main, rng):
    total = {"cpu": "1500m", "memory": "2Gi"}
    helper = container("nginx", "docker.io/library/nginx:1.28")
    main = {**main, "resources": {}}
    return {"resources": {"requests": total, "limits": total}, "containers": [main, helper]}


def with_limits_only(main, rng):
    return {"containers": [{**main, "resources": {"limits": {"cpu": "500m", "memory": "512Mi"}}}]}


SHAPES = (
    4 * [plain]
    + 2 * [with_sidecar]
    + [with_init, with_init_and_sidecar, with_helpers, with_pod_resources, with_limits_only]
)


def app_pod(rng, namespace, app, name):
    labels = {APP: name}
    memory = rng.choice([128, 256, 512, 512, 1024, 1024, 2048, 4096])
    main = container(
        app, app_image(namespace, app), rng.choice([100, 250, 250, 500, 500, 1000, 1000, 1500, 2000]), memory
    )
    main["ports"] = [{"name": "http", "containerPort": 8080}]
    pod = rng.choice(SHAPES)(main, rng)
    pod.update(rng.choice(PLACEMENTS)(rng))
    companions = rng.choice(COMPANIONS)(labels, rng)
    if companions:
        pod["affinity"] = {**pod.get("affinity", {}), **companions}
    constraints = rng.choice(SPREADS)(labels, rng)
    if constraints:
        pod["topologySpreadConstraints"] = constraints
    if rng.random() < 0.3:
        pod["volumes"] = [
            {"name": "config", "configMap": {"name": name}},
            {"name": "tmp", "emptyDir": {"sizeLimit": "1Gi"}},
        ]
    if rng.random() < 0.05:
        pod["runtimeClassName"] = "gvisor"
    pod["priorityClassName"] = priority(rng, namespace)
    if not pod["priorityClassName"]:
        del pod["priorityClassName"]
    return pod


def priority(rng, namespace):
    if namespace == "staging":
        return "best-effort"
    return rng.choices(["production-high", "production", "batch", None], [2, 5, 1, 2])[0]


def apps(rng, roles, sizes):
    """One Deployment for each application and role, most with a Service, some with a budget."""
    result = []
    for namespace, (_, _, names) in NAMESPACES.items():
        for app in names:
            for role in roles:
                name = f"{app}-{role}"
                replicas = rng.choice(sizes)
                if namespace == "staging":
                    replicas = rng.choice([1, 2, 3])
                pod = app_pod(rng, namespace, app, name)
                result.append(deployment(namespace, name, replicas, pod, labels={"tier": role}))
                if rng.random() < 0.85:
                    result.append(service(namespace, name))
                if rng.random() < 0.3:
                    result.append(disruption_budget(namespace, name, maxUnavailable="25%"))
    return result


def store(namespace, name, image, replicas, cpu, memory, topology, parallel=False):
    """A replicated data store: never two of its pods in one domain of the topology."""
    main = container("store", image, cpu, memory, ports=[{"containerPort": 9000}])
    labels = {APP: name}
    pod = {
        "containers": [main],
        "affinity": required("podAntiAffinity", term(labels, topology)),
        "priorityClassName": "production-high",
        "terminationGracePeriodSeconds": 120,
        "volumes": [{"name": "data", "emptyDir": {}}, {"name": "password", "secret": {"secretName": name}}],
    }
    return [
        with_tier(stateful_set(namespace, name, replicas, pod, parallel), "store"),
        service(namespace, name, headless=True),
        disruption_budget(namespace, name, minAvailable=replicas - 1),
    ]


def with_tier(workload_object, tier):
    workload_object["spec"]["template"]["metadata"]["labels"]["tier"] = tier
    return workload_object


STORE_IMAGES = [
    "docker.io/library/postgres:17.5",
    "docker.io/library/redis:7.4",
    "docker.io/apache/kafka:4.0.0",
    "docker.io/clickhouse/clickhouse-server:25.4",
    "docker.elastic.co/elasticsearch/elasticsearch:9.0.1",
]


def stores(rng, names, parallel):
    result = []
    for index, name in enumerate(names):
        namespace = ["data", "shop", "payments", "search", "analytics"][index % 5]
        by_zone = index % 3 == 0
        replicas = 3 if by_zone else rng.choice([3, 5, 7, 9])
        cpu, memory = rng.choice([(500, 2048), (1000, 4096), (2000, 6144)])
        result += store(
            namespace, name, STORE_IMAGES[index % 5], replicas, cpu, memory, ZONE if by_zone else HOST, parallel
        )
    return result


def caches(rng):
    """In zones by hard spreading, preferring the machines of applications that use them."""
    result = []
    for namespace in ("shop", "payments", "search", "media", "platform"):
        pod = {
            "containers": [container("redis", "docker.io/library/redis:7.4", 500, 3072)],
            "topologySpreadConstraints": [spread({APP: "cache"}, ZONE)],
            "affinity": preferred("podAffinity", weighted(10, term({"tier": "api"}, HOST))),
            "priorityClassName": "production-high",
        }
        result += [
            with_tier(deployment(namespace, "cache", rng.choice([6, 9, 12]), pod), "cache"),
            service(namespace, "cache"),
        ]
    return result


def ingress():
    pod = {
        "containers": [
            container(
                "envoy",
                "docker.io/envoyproxy/envoy:v1.34.1",
                1000,
                1024,
                ports=[{"containerPort": 80, "hostPort": 80}, {"containerPort": 443, "hostPort": 443}],
            )
        ],
        "nodeSelector": {POOL: "general"},
        "topologySpreadConstraints": [spread({APP: "ingress"}, ZONE, when="ScheduleAnyway")],
        "priorityClassName": "platform-critical",
    }
    return [
        deployment("platform", "ingress", 24, pod, strategy={"maxSurge": 0, "maxUnavailable": 2}),
        service("platform", "ingress"),
    ]


def node_agents():
    everywhere = {"tolerations": [TOLERATE_ALL], "priorityClassName": "system-node-critical", "hostNetwork": True}
    cilium = container(
        "agent", "quay.io/cilium/cilium:v1.17.4", 100, 256, ports=[{"containerPort": 9962, "hostPort": 9962}]
    )
    exporter = container(
        "exporter", "quay.io/prometheus/node-exporter:v1.9.1", 50, 64, ports=[{"containerPort": 9100, "hostPort": 9100}]
    )
    plugin = container("plugin", "nvcr.io/nvidia/k8s-device-plugin:v0.17.2", 20, 64)
    dcgm = container(
        "exporter",
        "nvcr.io/nvidia/k8s/dcgm-exporter:4.2.3-4.1.3-ubuntu22.04",
        100,
        256,
        ports=[{"containerPort": 9400, "hostPort": 9400}],
    )
    gpu = {"tolerations": [TOLERATE_GPU], "nodeSelector": {POOL: "gpu"}, "priorityClassName": "system-node-critical"}
    sockets = [{"name": "sockets", "hostPath": {"path": "/var/lib/kubelet/device-plugins"}}]
    return [
        daemon_set("kube-system", "cilium", {"containers": [cilium], **everywhere}),
        daemon_set(
            "observability",
            "node-exporter",
            {"containers": [exporter], "nodeSelector": {POOL: "compute"}, "hostNetwork": True},
        ),
        daemon_set("kube-system", "nvidia-device-plugin", {"containers": [plugin], "volumes": sockets, **gpu}),
        daemon_set("observability", "dcgm-exporter", {"containers": [dcgm], **gpu, "nodeSelector": A100}),
    ]


def gpu_pod(image, gpus, cpu, memory, **more):
    return {"containers": [container("main", image, cpu, memory, gpus)], "tolerations": [TOLERATE_GPU], **more}


def training(names, pods, gpus, **more):
    """Jobs whose pods want to be near one another, by rack."""
    result = []
    for name in names:
        near = preferred("podAffinity", weighted(100, term({APP: name}, RACK)))
        pod = gpu_pod(
            "nvcr.io/nvidia/pytorch:25.04-py3",
            gpus,
            10000 * gpus,
            32 * 1024 * gpus,
            affinity=near,
            priorityClassName="ml-urgent",
            **more,
        )
        result.append(job("ml-training", name, pods, pod, indexed=True))
    return result


def serving(names, replicas, **more):
    result = []
    for name in names:
        constraints = [spread({APP: name}, ZONE, 2, nodeTaintsPolicy="Honor")]
        pod = gpu_pod(
            "docker.io/vllm/vllm-openai:v0.8.5",
            1,
            6000,
            16384,
            topologySpreadConstraints=constraints,
            priorityClassName="production-high",
            **more,
        )
        result += [deployment("ml-serving", name, replicas, pod), service("ml-serving", name)]
    return result


def batch(rng, names):
    """Jobs without GPUs, most of which also take spot machines."""
    result = []
    for index, name in enumerate(names):
        namespace = ["analytics", "media", "search", "ci"][index % 4]
        pod = {
            "containers": [
                container(
                    "executor",
                    "docker.io/apache/spark:3.5.5",
                    rng.choice([500, 1000, 2000, 3000]),
                    rng.choice([1024, 2048, 4096]),
                )
            ],
            "tolerations": [TOLERATE_SPOT] if index % 4 else [],
            "priorityClassName": rng.choice(["batch", "batch", "best-effort"]),
        }
        if index % 3 == 0:
            pod["affinity"] = preferred_nodes((100, expression(POOL, "In", "spot")))
        result.append(job(namespace, name, rng.choice([4, 8, 12, 20, 24]), pod, indexed=index % 2 == 0))
    return result


def odds_and_ends():
    """What every cluster that has lived some years holds as well."""
    nginx = {"containers": [container("nginx", "docker.io/library/nginx:1.28", 100, 128)]}
    toolbox = {"containers": [container("shell", "docker.io/library/busybox", command=["sleep", "infinity"])]}
    kata = {"containers": [container("job", app_image("ci", "builder"), 1000, 1024)], "runtimeClassName": "kata"}
    result = [
        workload("v1", "ReplicationController", "sandbox", "legacy-web", {"replicas": 6}, nginx),
        service("sandbox", "legacy-web"),
        deployment("ci", "isolated-builder", 10, kata),
        # A Service of many Deployments, and one that selects nothing by itself.
        service("shop", "all-of-web", labels={"tier": "web"}),
        obj("v1", "Service", "mail", "platform", spec={"type": "ExternalName", "externalName": "mail.example.com"}),
    ]
    result += [obj("v1", "Pod", f"toolbox-{n}", "sandbox", {APP: "toolbox"}, spec=toolbox) for n in range(5)]
    return result


def filler(namespace, name, cpu, memory):
    pod = {
        "containers": [container("worker", f"{REGISTRY}/{namespace}/{name}:v1.0.0", cpu, memory)],
        "priorityClassName": "batch",
    }
    return deployment(namespace, name, 0, pod)


def running(rng):
    result = node_agents() + ingress() + caches(rng)
    result += stores(rng, [f"{kind}-{n}" for kind in ("postgres", "kafka", "events", "index") for n in range(8)], False)
    result += apps(rng, ["api", "worker", "web"], [2, 3, 4, 6, 8, 10, 12, 16, 20, 30, 40])
    result += training(["train-ranking", "train-speech", "train-vision"], 20, 2, nodeSelector=A10G)
    result += training(["train-language"], 10, 8, nodeSelector=A100)
    result += serving(["embeddings", "ranker", "translate", "moderation", "chat"], 10, nodeSelector=A10G)
    result += batch(rng, [f"nightly-{n:02}" for n in range(24)])
    result += odds_and_ends()
    result.append(filler("ci", "runner", 500, 1024))
    return result


# After the scheduler has stopped


def scaled(rng, workload_object):
    result = copy.deepcopy(workload_object)
    result["spec"]["replicas"] = result["spec"]["replicas"] * rng.choice([3, 4, 5]) // 2
    return result


def rolled_out(workload_object):
    """A new image, and new pods to come before old ones go."""
    result = copy.deepcopy(workload_object)
    for c in result["spec"]["template"]["spec"]["containers"]:
        c["image"] = c["image"].rsplit(":", 1)[0] + ":v9.0.0"
    result["spec"]["strategy"] = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "50%", "maxUnavailable": 0}}
    return result


def changed(rng, objects):
    deployments = [o for o in objects if o["kind"] == "Deployment" and o["spec"]["replicas"] > 3]
    stateful = [o for o in objects if o["kind"] == "StatefulSet"]
    picked = rng.sample(deployments, 44)
    result = [scaled(rng, o) for o in picked[:32]] + [rolled_out(o) for o in picked[32:]]
    return result + [scaled(rng, o) for o in rng.sample(stateful, 6)]


def impossible():
    """Pods that fit nowhere in this cluster, each for a reason of its own."""

    def pod(cpu=500, memory=512, image=app_image("platform", "audit"), **more):
        return {"containers": [container("main", image, cpu, memory)], **more}

    def anti_affinity(name, topology):
        return {"affinity": required("podAntiAffinity", term({APP: name}, topology))}

    hoard = container("main", "docker.io/library/busybox", 500, 512)
    hoard["resources"]["requests"]["ephemeral-storage"] = "2Ti"
    exporter = container(
        "exporter", "docker.io/library/nginx:1.28", 50, 64, ports=[{"containerPort": 9400, "hostPort": 9400}]
    )
    return [
        deployment("data", "in-memory-warehouse", 8, pod(64000, 2 * 1024 * 1024)),
        deployment("analytics", "monolith", 12, pod(200000, 8192)),
        deployment("sandbox", "download-everything", 5, {"containers": [hoard]}),
        deployment(
            "ml-serving",
            "chat-next",
            20,
            {
                **gpu_pod("docker.io/vllm/vllm-openai:v0.8.5", 8, 16000, 65536),
                "nodeSelector": {GPU_PRODUCT: "NVIDIA-H200"},
            },
        ),
        job(
            "ml-training",
            "train-sixteen",
            6,
            gpu_pod("nvcr.io/nvidia/pytorch:25.04-py3", 16, 8000, 65536),
            indexed=True,
        ),
        # No toleration for the taint of the nodes that it selects.
        deployment("sandbox", "notebook", 10, pod(nodeSelector={POOL: "gpu"})),
        deployment("platform", "control-1d", 15, pod(affinity=required_nodes(expression(ZONE, "In", REGION + "d")))),
        deployment("search", "beside-nothing", 10, pod(affinity=required("podAffinity", term({APP: "retired"}, ZONE)))),
        # These fit in part: one pod a zone, one pod a zone, one pod a node of thirty.
        deployment("payments", "hsm", 9, pod(**anti_affinity("hsm", ZONE))),
        deployment(
            "payments",
            "five-zones",
            12,
            pod(topologySpreadConstraints=[spread({APP: "five-zones"}, ZONE, minDomains=5)]),
        ),
        deployment(
            "ml-serving",
            "a100-probe",
            45,
            pod(tolerations=[TOLERATE_GPU], nodeSelector=A100, **anti_affinity("a100-probe", HOST)),
        ),
        # The port is dcgm-exporter's on every node that this one selects.
        daemon_set(
            "observability",
            "gpu-metrics",
            {"containers": [exporter], "tolerations": [TOLERATE_GPU], "nodeSelector": A100},
        ),
    ]


def gated():
    gates = [{"name": "example.com/quota"}]
    pod = {"containers": [container("main", app_image("analytics", "exports"), 1000, 2048)], "schedulingGates": gates}
    two = {**pod, "schedulingGates": gates + [{"name": "example.com/budget"}]}
    return [
        deployment("analytics", "exports-backfill", 18, pod),
        deployment("sandbox", "load-test", 10, two),
        job("analytics", "reprocess", 20, pod, indexed=True),
    ]


def pending(rng):
    detector = container("detector", "registry.k8s.io/node-problem-detector/node-problem-detector:v0.8.20", 50, 80)
    pools = required_nodes(expression(POOL, "In", "spot", "gpu"))
    result = [
        daemon_set(
            "kube-system",
            "node-problem-detector",
            {
                "containers": [detector],
                "affinity": pools,
                "tolerations": [TOLERATE_ALL],
                "priorityClassName": "system-node-critical",
            },
        )
    ]
    result += apps(rng, ["gateway", "stream"], [2, 3, 4, 6, 8, 10, 12, 16, 20])
    result += stores(rng, [f"ledger-{n}" for n in range(6)], True) + stores(
        rng, [f"archive-{n}" for n in range(6)], False
    )
    result += training(["train-ads", "train-search", "train-music"], 10, 4)
    result += training(["train-world"], 14, 8, nodeSelector=A100)
    result += serving(["summaries", "dubbing", "vision"], 14)
    result += batch(rng, [f"backfill-{n:02}" for n in range(28)])
    result += impossible() + gated()
    result += [
        obj(
            "v1",
            "Pod",
            f"debug-{n}",
            "sandbox",
            {APP: "debug"},
            spec={"containers": [container("shell", "docker.io/library/busybox", command=["sleep", "infinity"])]},
        )
        for n in range(5)
    ]
    result.append(filler("analytics", "query-worker", 1000, 2048))
    return result


def write(folder, name, objects):
    with open(os.path.join(folder, name), "w") as out:
        json.dump({"apiVersion": "v1", "kind": "List", "items": objects}, out, indent=1)
        out.write("\n")


def main():
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.exit("usage: tools/demo_cluster.py FOLDER")
    folder = sys.argv[1]
    rng = random.Random(1)
    write(folder, "cluster.json", cluster(rng))
    placed = running(rng)
    write(folder, "running.json", placed)
    write(folder, "changed.json", changed(rng, placed))
    write(folder, "pending.json", pending(rng))


if __name__ == "__main__":
    main()
