using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using System.Net;
using System.Security;
using IstioAdmin.Core.Pke.Connecting;

namespace IstioAdmin.Completion;

/// <summary>Completes the organizations that the token being typed, or else the environment's, gives access to.</summary>
public sealed class OrganizationCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        string? Given(string name) => Suggestions.Given(fakeBoundParameters, name).FirstOrDefault()?.ToString();

        var options = new PipelineOptions
        {
            Endpoint = Given("Endpoint"),
            Token = Suggestions.Given(fakeBoundParameters, "Token").FirstOrDefault() is SecureString token ? new NetworkCredential("", token).Password : null,
            CertificateAuthority = Given("CertificateAuthority"),
            Configuration = Given("Configuration"),
        };
        return Suggestions.For(wordToComplete, Suggestions.Within(async cancel => (IReadOnlyList<(string, string)>)
            [.. (await PipelineConnector.OrganizationsAsync(options, new Silence(), cancel)).Select(name => (name, $"Organization {name}"))]));
    }
}
