# What people do every day. `just` lists it.

default:
    @just --list

# All that a change must pass, as CI runs it
ready:
    bash .ci/run

# Tests, those against real servers included
test *args:
    scripts/test {{args}}

# Fast tests only
quick:
    cargo test --lib

# Rewrite generated documentation and accept snapshots after reading them
regenerate:
    UPDATE_DOCS=1 cargo test --test rules --test schema --test json_docs
    cargo insta review
