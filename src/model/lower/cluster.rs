//! Clusters: shards and their nodes, placed by [`crate::model::placement`].
