//! What people and machines do to a server and its files.

/// One of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    /// CONFIG SET of a directive that the spec sets, and of one that it does not.
    ConfigSet,
    /// CONFIG REWRITE.
    ConfigRewrite,
    /// The replica becomes the primary and the primary its replica; both write that into their files.
    Failover,
    /// A crash, and a start.
    Restart,
    /// Another rendering is put on the host; servers run on.
    ChangedRollOut,
    /// The same rendering is put on the host, and servers are restarted.
    UnchangedRollOut,
    /// Every password is changed, and servers are restarted.
    PasswordRotated,
    /// The spec gives a directive another value, and that is rolled out.
    DirectiveChanged,
    /// The spec no longer gives directives that it gave, save points among them, and that is rolled out.
    DirectiveDropped,
    /// A user's rules are changed, another user comes, and the server saves its users.
    AclSave,
}

impl Operation {
    pub(crate) const ALL: [Self; 10] = [
        Self::ConfigSet,
        Self::ConfigRewrite,
        Self::Failover,
        Self::Restart,
        Self::ChangedRollOut,
        Self::UnchangedRollOut,
        Self::PasswordRotated,
        Self::DirectiveChanged,
        Self::DirectiveDropped,
        Self::AclSave,
    ];
}
