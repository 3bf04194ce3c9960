//! The orders in which operations are tried.

use std::fmt;

use crate::operation::Operation;
use crate::random::Random;
use crate::site::Shape;

/// Random orders of all operations per server and shape.
const RANDOM: u64 = 2;

/// Operations one after the other.
#[derive(Debug, Clone)]
pub(crate) struct Order {
    pub(crate) shape: Shape,
    pub(crate) operations: Vec<Operation>,
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {:?}", self.shape, self.operations)
    }
}

/// How many pairs or triples are tried on the same servers, one after the other.
const CHAIN: usize = 15;

/// Every ordered pair of operations, or every triple, and random orders of all of them; in chains that are tried
/// on the same servers.
pub(crate) fn chains() -> Vec<Vec<Order>> {
    let length = if std::env::var("ORDERS").is_ok_and(|orders| orders == "all") { 3 } else { 2 };
    let mut chains = Vec::new();
    for (at, shape) in Shape::ALL.into_iter().enumerate() {
        // Each shape has half of them, every second one.
        let operations = arrangements(length).into_iter().skip(at).step_by(2);
        let orders: Vec<Order> = operations.map(|operations| Order { shape, operations }).collect();
        chains.extend(orders.chunks(CHAIN).map(<[Order]>::to_vec));
        chains.extend((0..RANDOM).map(|seed| vec![Order { shape, operations: shuffled(seed) }]));
    }
    chains
}

/// So many different operations in every order.
fn arrangements(length: usize) -> Vec<Vec<Operation>> {
    let mut found = vec![Vec::new()];
    for _ in 0..length {
        found = found
            .into_iter()
            .flat_map(|start: Vec<Operation>| {
                let next =
                    Operation::ALL.into_iter().filter(|next| !start.contains(next)).collect::<Vec<_>>();
                next.into_iter().map(move |next| [start.clone(), vec![next]].concat())
            })
            .collect();
    }
    found
}

fn shuffled(seed: u64) -> Vec<Operation> {
    let (mut random, mut left) = (Random::new(seed), Operation::ALL.to_vec());
    std::iter::from_fn(|| (!left.is_empty()).then(|| left.remove(random.below(left.len())))).collect()
}
