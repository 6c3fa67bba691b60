#!/bin/sh
# Copies database and uploaded files, while the service runs, into one archive:
#     deploy/backup.sh /backup/kaoping-2026-11-20.tar
# Takes DATABASE_URL and VAR_DIR from the environment as the service does. The archive holds personal
# data and is readable by its owner only; keep SECRET_KEY elsewhere.
set -eu
umask 077

archive=${1:?"usage: backup.sh ARCHIVE.tar"}
root=$(cd "$(dirname "$0")/.." && pwd)
var=${VAR_DIR:-$root/var}
address=${DATABASE_URL:-sqlite:///$var/db.sqlite3}

[ ! -e "$archive" ] || { echo "$archive exists already; nothing was done." >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

case $address in
    sqlite:///*)
        python3 - "${address#sqlite:///}" "$work/db.sqlite3" <<'PYTHON'
import sqlite3
import sys

source = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True)
target = sqlite3.connect(sys.argv[2])
source.backup(target)
verdict = target.execute("PRAGMA integrity_check").fetchone()[0]
target.execute("PRAGMA journal_mode=DELETE")
target.close()
if verdict != "ok":
    sys.exit(f"The copy is damaged: {verdict}")
PYTHON
        ;;
    postgres://* | postgresql://*)
        pg_dump --format=custom --no-owner --file="$work/database.dump" "$address"
        ;;
    *)
        echo "DATABASE_URL is not understood." >&2
        exit 1
        ;;
esac

if [ -d "$var/media" ]; then
    # After the database: a file that a row names is there, a file too many does no harm.
    cp -a "$var/media" "$work/media"
fi
tar -cf "$archive.part" -C "$work" .
mv "$archive.part" "$archive"
echo "$archive"
