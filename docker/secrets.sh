#!/bin/sh
# Makes the passwords that compose.yml hands to the services, once: each a file in docker/secrets/.
# The folder is its owner's alone; the files are readable by all because a container's user has
# another number than their owner.
set -eu
cd "$(dirname "$0")"
mkdir -p secrets/tls
chmod 0700 secrets
cd secrets

random() {
    od -An -N24 -tx1 /dev/urandom | tr -d ' \n'
}

keep() {
    [ -s "$1" ] || printf '%s' "$2" >"$1"
    chmod 0444 "$1"
}

keep database_root_password "$(random)"
keep database_password "$(random)"
keep redis_password "$(random)"
keep secret_key "$(random)"
keep metrics_token "$(random)"
keep grafana_password "$(random)"
keep reader_password "$(random)"
keep database_url "mysql+pymysql://appticket:$(cat database_password)@database:3306/appticket?charset=utf8mb4"
keep redis_url "redis://:$(cat redis_password)@redis:6379/0"
