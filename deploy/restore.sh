#!/bin/sh
# Puts an archive of backup.sh back. Stop the service first, start it afterwards:
#     deploy/restore.sh /backup/kaoping-2026-11-20.tar
# What was there before is kept beside it under a name with the time, for SQLite and for files; a
# PostgreSQL database must be empty, so that nothing is overwritten.
set -eu
umask 077

archive=${1:?"usage: restore.sh ARCHIVE.tar"}
root=$(cd "$(dirname "$0")/.." && pwd)
var=${VAR_DIR:-$root/var}
address=${DATABASE_URL:-sqlite:///$var/db.sqlite3}
now=$(date +%Y%m%d-%H%M%S)

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tar -xf "$archive" -C "$work"

case $address in
    sqlite:///*)
        file=${address#sqlite:///}
        [ -f "$work/db.sqlite3" ] || { echo "The archive holds no SQLite database." >&2; exit 1; }
        mkdir -p "$(dirname "$file")"
        for part in "$file" "$file-wal" "$file-shm"; do
            [ ! -e "$part" ] || mv "$part" "$part.before-$now"
        done
        cp "$work/db.sqlite3" "$file"
        ;;
    postgres://* | postgresql://*)
        [ -f "$work/database.dump" ] || { echo "The archive holds no PostgreSQL database." >&2; exit 1; }
        tables=$(psql "$address" -Atc "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
        [ "$tables" = 0 ] || { echo "The database is not empty; give it a new one." >&2; exit 1; }
        pg_restore --no-owner --exit-on-error --single-transaction --dbname="$address" "$work/database.dump"
        ;;
    *)
        echo "DATABASE_URL is not understood." >&2
        exit 1
        ;;
esac

if [ -d "$work/media" ]; then
    [ ! -e "$var/media" ] || mv "$var/media" "$var/media.before-$now"
    mkdir -p "$var"
    cp -a "$work/media" "$var/media"
fi
echo "Restored. Now run: manage.py migrate"
