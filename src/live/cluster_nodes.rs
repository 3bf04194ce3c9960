//! The lines of `CLUSTER NODES` (`clusterGenNodeDescription` in cluster.c, since 7.0 in `cluster_legacy.c`).

use crate::model::SlotRange;

/// A node of a cluster, as one of them sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterNode {
    /// Its ID: 40 hexadecimal digits.
    pub id: String,
    /// Its address as text, without brackets; empty where it is not known.
    pub host: String,
    /// Its port for clients; TLS where the cluster announces that.
    pub port: u16,
    /// `myself`, `master`, `slave`, `fail?`, `fail`, `handshake`, `noaddr`, `nofailover`.
    pub flags: Vec<String>,
    /// The ID of the primary that it follows.
    pub follows: Option<String>,
    /// The slots that it serves.
    pub slots: Vec<SlotRange>,
    /// Slots that are on their way.
    pub open: Vec<OpenSlot>,
}

/// A slot that is being moved; only the node itself tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenSlot {
    /// The slot.
    pub slot: u16,
    /// Whether it goes away; otherwise it comes.
    pub leaves: bool,
    /// The ID of the other node.
    pub other: String,
}

impl ClusterNode {
    /// Whether a flag is set.
    pub fn is(&self, flag: &str) -> bool {
        self.flags.iter().any(|own| own == flag)
    }

    /// The node whose shard it belongs to: its primary, or itself.
    pub fn shard(&self) -> &str {
        self.follows.as_deref().unwrap_or(&self.id)
    }
}

/// Reads all lines; none where one is not such a line.
pub fn cluster_nodes(text: &str) -> Option<Vec<ClusterNode>> {
    text.lines().filter(|line| !line.trim().is_empty()).map(line).collect()
}

fn line(line: &str) -> Option<ClusterNode> {
    let mut words = line.split_whitespace();
    let id = words.next()?.to_owned();
    // HOST:PORT@BUS[,HOSTNAME[,AUX=...]]
    let address = words.next()?.split(',').next()?;
    let (host, port) = address.split('@').next()?.rsplit_once(':')?;
    let flags: Vec<String> = words.next()?.split(',').map(str::to_owned).collect();
    let follows = words.next()?;
    // Ping, pong, epoch and state of the link.
    for _ in 0..4 {
        words.next()?;
    }
    let (mut slots, mut open) = (Vec::new(), Vec::new());
    for word in words {
        match word.strip_prefix('[') {
            Some(moving) => open.push(moving_slot(moving.trim_end_matches(']'))?),
            None => slots.push(range(word)?),
        }
    }
    Some(ClusterNode {
        id,
        host: host.trim_matches(['[', ']']).to_owned(),
        port: port.parse().ok()?,
        flags,
        follows: (follows != "-").then(|| follows.to_owned()),
        slots,
        open,
    })
}

fn range(word: &str) -> Option<SlotRange> {
    let (first, last) = word.split_once('-').unwrap_or((word, word));
    Some(SlotRange { first: first.parse().ok()?, last: last.parse().ok()? })
}

/// `SLOT->-ID` leaves, `SLOT-<-ID` comes.
fn moving_slot(text: &str) -> Option<OpenSlot> {
    let leaves = text.contains("->-");
    let (slot, other) = text.split_once(if leaves { "->-" } else { "-<-" })?;
    Some(OpenSlot { slot: slot.parse().ok()?, leaves, other: other.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_all_versions_are_read() {
        let text = "\
07c37d 127.0.0.1:30004@31004,hostname4 slave e7d1ee 0 1426238317239 4 connected
e7d1ee [::1]:30001@31001,,tls-port=0,shard-id=69bc myself,master - 0 0 1 connected 0-5460 5462 [5461->-67ed2d] [9-<-67ed2d]
67ed2d :0@0 master,noaddr - 1426238316232 1426238316232 2 disconnected
";
        let nodes = cluster_nodes(text).unwrap();
        assert_eq!((nodes[0].shard(), nodes[0].port, nodes[0].is("slave")), ("e7d1ee", 30004, true));
        assert_eq!((nodes[1].host.as_str(), nodes[1].shard()), ("::1", "e7d1ee"));
        assert_eq!(
            nodes[1].slots,
            [SlotRange { first: 0, last: 5460 }, SlotRange { first: 5462, last: 5462 }]
        );
        assert_eq!(
            (nodes[1].open[0].slot, nodes[1].open[0].leaves, nodes[1].open[1].leaves),
            (5461, true, false)
        );
        assert_eq!(nodes[2].host, "");
        assert_eq!(cluster_nodes("garbage"), None);
    }
}
