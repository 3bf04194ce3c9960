//! What concerns several servers of a deployment: who leads, and who follows whom.

use super::NodeReport;
use crate::live::Heard;
use crate::model::AnyNode;

/// Adds to the reports what the servers of each deployment say together.
pub(super) fn compare(_heard: &[(AnyNode<'_>, Heard)], _reports: &mut [NodeReport<'_>]) {}
