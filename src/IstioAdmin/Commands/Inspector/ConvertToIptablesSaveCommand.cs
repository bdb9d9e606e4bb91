using System.Management.Automation;
using IstioAdmin.Core;
using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Printing;

namespace IstioAdmin.Commands;

/// <summary>Prints rulesets as iptables-save does; iptables-restore takes the text.</summary>
[Cmdlet(VerbsData.ConvertTo, "IptablesSave"), OutputType(typeof(string))]
public sealed class ConvertToIptablesSaveCommand : AsyncCommand
{
    /// <summary>The rules.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNull]
    public Ruleset? Ruleset { get; set; }

    /// <summary>Whether what rules have counted is left out; it is printed where the ruleset has it, as iptables-save -c does.</summary>
    [Parameter]
    public SwitchParameter NoCounter { get; set; }

    /// <inheritdoc/>
    protected override Task ProcessAsync(CancellationToken cancel)
    {
        bool counted = Ruleset!.Tables.Any(table => table.Chains.Any(chain => chain.Rules.Any(rule => rule.Counters is not null)));
        try
        {
            WriteObject(SavePrinter.Print(Ruleset, counted && !NoCounter));
        }
        catch (NotSupportedException e)
        {
            throw new MeshException("NotIptables", FailureKind.NotSupported, e.Message, "Its rules can be traced and proven as they are.", Ruleset, e);
        }
        return Task.CompletedTask;
    }
}
