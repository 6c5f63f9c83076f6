# Functions that start and stop the programs of tools/controlplane/build. To be sourced
# by bash scripts under `set -euo pipefail`:
#
#   . tools/controlplane/functions.sh
#   trap control_plane_remove EXIT
#   control_plane_create              # sets CONTROL_PLANE_DIR, a new temporary folder
#   start_etcd
#   start_apiserver
#   start_controller_manager --controllers='*'   # more arguments go to the program
#   start_scheduler
#   start_kwok
#   control_plane_kubectl get nodes
#   stop_program kube-scheduler
#
# Everything listens on 127.0.0.1 on ports that were free, so that any number of control
# planes run side by side. CONTROL_PLANE_DIR has PROGRAM.pid and PROGRAM.log of each
# program and USER.kubeconfig of each user: `admin` may do all, and `kube-scheduler` what
# the role of that name allows, which is what a scheduler under test should run with.

control_plane_tools=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

control_plane_die() {
  echo "control plane: $*" >&2
  exit 1
}

# Prints as many ports as asked for, one a line. All are held open until the last is
# known, so that they differ.
free_ports() {
  python3 - "$1" <<'PY'
import socket, sys
held = [socket.socket() for _ in range(int(sys.argv[1]))]
for s in held:
    s.bind(("127.0.0.1", 0))
    print(s.getsockname()[1])
PY
}

# wait_until SECONDS WHAT COMMAND...: runs COMMAND until it succeeds, as long as all the
# programs that were started run.
wait_until() {
  local deadline=$((SECONDS + $1)) what=$2
  shift 2
  until "$@"; do
    require_running
    ((SECONDS < deadline)) || control_plane_die "gave up waiting for $what"
    sleep 0.2
  done
}

control_plane_create() {
  local tool
  for tool in python3 openssl; do
    command -v "$tool" >/dev/null || control_plane_die "$tool is needed and not in PATH"
  done
  control_plane_bin=$("$control_plane_tools/build")
  CONTROL_PLANE_DIR=$(mktemp -d "${TMPDIR:-/tmp}/control-plane.XXXXXX")
  local ports
  mapfile -t ports < <(free_ports 3)
  control_plane_etcd=http://127.0.0.1:${ports[0]}
  control_plane_etcd_peer=http://127.0.0.1:${ports[1]}
  control_plane_port=${ports[2]}
  openssl genrsa -out "$CONTROL_PLANE_DIR/sa.key" 2048 2>/dev/null
  openssl rsa -in "$CONTROL_PLANE_DIR/sa.key" -pubout -out "$CONTROL_PLANE_DIR/sa.pub" 2>/dev/null
  add_user admin admin system:masters
  add_user kube-controller-manager system:kube-controller-manager
  add_user kube-scheduler system:kube-scheduler
}

# add_user FILE USER [GROUP]: a token and a kubeconfig; before start_apiserver.
add_user() {
  local token
  token=$(openssl rand -hex 16)
  echo "$token,$2,$2,\"${3:-}\"" >>"$CONTROL_PLANE_DIR/tokens.csv"
  cat >"$CONTROL_PLANE_DIR/$1.kubeconfig" <<YAML
apiVersion: v1
kind: Config
current-context: default
contexts: [{name: default, context: {cluster: default, user: $1}}]
clusters:
- name: default
  cluster:
    server: https://127.0.0.1:$control_plane_port
    # Made by the API server when it starts, for itself.
    certificate-authority: $CONTROL_PLANE_DIR/certificates/apiserver.crt
users: [{name: $1, user: {token: $token}}]
YAML
}

# launch PROGRAM ARGUMENT...: in the background, with a log and a pid file.
launch() {
  local program=$1
  shift
  # Relative paths and whatever a program leaves behind stay in the temporary folder,
  # and no environment variable of the caller changes what it does.
  (
    cd "$CONTROL_PLANE_DIR"
    exec env -i PATH="$PATH" HOME="$CONTROL_PLANE_DIR" "$control_plane_bin/$program" "$@"
  ) </dev/null >>"$CONTROL_PLANE_DIR/$program.log" 2>&1 &
  echo $! >"$CONTROL_PLANE_DIR/$program.pid"
}

# Ends the script with what a program said last, where one that was started is no more.
require_running() {
  local pid_file
  for pid_file in "$CONTROL_PLANE_DIR"/*.pid; do
    kill -0 "$(<"$pid_file")" 2>/dev/null && continue
    tail -n 20 "${pid_file%.pid}.log" >&2
    control_plane_die "$(basename "$pid_file" .pid) ended; its last words are above"
  done
}

start_etcd() {
  # Without fsync: what is written here is thrown away at the end in any case.
  launch etcd --data-dir "$CONTROL_PLANE_DIR/etcd" --unsafe-no-fsync --log-level warn \
    --listen-client-urls "$control_plane_etcd" --advertise-client-urls "$control_plane_etcd" \
    --listen-peer-urls "$control_plane_etcd_peer" --initial-advertise-peer-urls "$control_plane_etcd_peer" \
    --initial-cluster "default=$control_plane_etcd_peer" "$@"
}

api_server_answers() {
  control_plane_kubectl get --raw /readyz >/dev/null 2>&1
}

start_apiserver() {
  # No endpoint reconciler: it refuses a loopback address, which is all there is here.
  launch kube-apiserver --etcd-servers "$control_plane_etcd" \
    --bind-address 127.0.0.1 --advertise-address 127.0.0.1 --endpoint-reconciler-type none \
    --secure-port "$control_plane_port" --cert-dir "$CONTROL_PLANE_DIR/certificates" \
    --service-account-key-file "$CONTROL_PLANE_DIR/sa.pub" \
    --service-account-signing-key-file "$CONTROL_PLANE_DIR/sa.key" \
    --service-account-issuer https://kubernetes.default.svc \
    --service-cluster-ip-range 10.0.0.0/16 \
    --token-auth-file "$CONTROL_PLANE_DIR/tokens.csv" --authorization-mode RBAC "$@"
  wait_until 90 "kube-apiserver" api_server_answers
}

start_controller_manager() {
  # Fake nodes post their state once and then only now and then, so a long grace period
  # keeps a slow machine from losing nodes.
  launch kube-controller-manager --kubeconfig "$CONTROL_PLANE_DIR/kube-controller-manager.kubeconfig" \
    --secure-port 0 --leader-elect=false --use-service-account-credentials \
    --service-account-private-key-file "$CONTROL_PLANE_DIR/sa.key" \
    --root-ca-file "$CONTROL_PLANE_DIR/certificates/apiserver.crt" \
    --node-monitor-grace-period 2h "$@"
}

start_scheduler() {
  launch kube-scheduler --kubeconfig "$CONTROL_PLANE_DIR/kube-scheduler.kubeconfig" \
    --secure-port 0 --leader-elect=false "$@"
}

start_kwok() {
  # Without leases a node reports every ten minutes, which start_controller_manager's
  # grace period allows for; with them kwok 0.7.0 has it report three times a minute, the
  # wrong way round, and a thousand nodes keep the API server busy with that.
  launch kwok --kubeconfig "$CONTROL_PLANE_DIR/admin.kubeconfig" --config "$control_plane_tools/kwok.yaml" \
    --manage-all-nodes=false --manage-nodes-with-annotation-selector kwok.x-k8s.io/node=fake \
    --node-port 0 --node-lease-duration-seconds 0 "$@"
}

control_plane_kubectl() {
  # A home of its own, for kubectl keeps a discovery cache there.
  HOME=$CONTROL_PLANE_DIR "$control_plane_bin/kubectl" --kubeconfig "$CONTROL_PLANE_DIR/admin.kubeconfig" "$@"
}

# kill -9, as an API server takes up to a minute to end gently and nothing is to be kept.
stop_program() {
  local pid_file=$CONTROL_PLANE_DIR/$1.pid pid
  [[ -f $pid_file ]] || return 0
  pid=$(<"$pid_file")
  rm -f "$pid_file"
  kill -9 "$pid" 2>/dev/null || return 0
  wait "$pid" 2>/dev/null || true
}

# Stops what was started and removes the folder; for a trap on EXIT. With
# CONTROL_PLANE_KEEP_LOGS set to a folder, the logs are put there first.
control_plane_remove() {
  [[ -n ${CONTROL_PLANE_DIR:-} ]] || return 0
  local pid_file
  for pid_file in "$CONTROL_PLANE_DIR"/*.pid; do
    # Without any, the pattern stands for itself.
    if [[ -f $pid_file ]]; then
      stop_program "$(basename "$pid_file" .pid)"
    fi
  done
  if [[ -n ${CONTROL_PLANE_KEEP_LOGS:-} ]]; then
    mkdir -p "$CONTROL_PLANE_KEEP_LOGS"
    cp "$CONTROL_PLANE_DIR"/*.log "$CONTROL_PLANE_KEEP_LOGS"
  fi
  rm -rf "$CONTROL_PLANE_DIR"
}
