//! Turns the catalogue's data under `schemas/` into static tables.

fn main() {
    println!("cargo::rerun-if-changed=schemas");
}
