using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace IstioAdmin.Completion;

/// <summary>Completes transport protocols.</summary>
public sealed class ProtocolCompleter : IArgumentCompleter
{
    private static readonly (string, string)[] Protocols =
        [("tcp", "Transmission Control Protocol"), ("udp", "User Datagram Protocol"), ("icmp", "control messages of IPv4"), ("ipv6-icmp", "control messages of IPv6"), ("sctp", "Stream Control Transmission Protocol")];

    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        Suggestions.For(wordToComplete, Protocols);
}
