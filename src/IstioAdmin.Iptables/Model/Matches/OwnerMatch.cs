using System.Text;

namespace IstioAdmin.Iptables.Model.Matches;

/// <summary>Who sent the packet (<c>-m owner</c>); only local processes have an owner.</summary>
public sealed record OwnerMatch : Match
{
    /// <summary>Whether the packet must come from a socket at all.</summary>
    public bool SocketExists { get; init; }

    /// <summary>Whether <see cref="SocketExists"/> is turned round.</summary>
    public bool SocketExistsNegated { get; init; }

    /// <summary>The file system user id of the socket's creator.</summary>
    public Negatable<IdRange>? User { get; init; }

    /// <summary>Its group id.</summary>
    public Negatable<IdRange>? Group { get; init; }

    /// <summary>Whether supplementary groups count as well.</summary>
    public bool SupplementaryGroups { get; init; }

    /// <inheritdoc/>
    public override void AppendTo(StringBuilder text)
    {
        text.Append(" -m owner");
        if (SocketExists)
            text.Append(SocketExistsNegated ? " ! --socket-exists" : " --socket-exists");
        if (User is { } user)
            user.Value.AppendTo(Option(text, "--uid-owner", user.Negated));
        if (Group is { } group)
            group.Value.AppendTo(Option(text, "--gid-owner", group.Negated));
        if (SupplementaryGroups)
            text.Append(" --suppl-groups");
    }
}
