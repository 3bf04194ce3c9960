//! Clusters: shards and their nodes, placed by [`crate::model::placement`].

use super::Lowering;
use super::redis::Placed;
use crate::source::At;
use crate::spec::RedisSpec;

/// Places the nodes of a cluster.
pub(super) fn place(
    _lowering: &mut Lowering<'_>,
    _name: &At<String>,
    _record: &At<RedisSpec>,
) -> Option<Placed> {
    None
}
