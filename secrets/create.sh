#!/usr/bin/env bash
# Makes the secrets that docker-compose.yml hands to its services; a file that exists is left alone.
# Usage: secrets/create.sh [FOLDER], the folder of this script by default.
set -euo pipefail
cd "${1:-$(dirname "$0")}"
chmod 700 .

# make FILE COMMAND...: what the command prints becomes the file. Readable by all inside a folder that only you can
# enter, because in the containers services of several users read them.
make() {
  local file="$1"
  shift
  [ -e "$file" ] && return
  "$@" > "$file.new"
  chmod 644 "$file.new"
  mv "$file.new" "$file"
  echo "made $file"
}

make postgres_password openssl rand -hex 24
make rabbitmq_password openssl rand -hex 24
make hub_master_key openssl rand -base64 32
make hub_database_url printf 'postgresql://hub:%s@postgres:5432/hub\n' "$(cat postgres_password)"
make hub_broker_url printf 'amqp://hub:%s@rabbitmq:5672/%%2f\n' "$(cat rabbitmq_password)"
make rabbitmq.conf printf 'default_user = hub\ndefault_pass = %s\n' "$(cat rabbitmq_password)"
