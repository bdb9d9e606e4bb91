using System.Text.Json;
using System.Text.RegularExpressions;
using IstioAdmin.Iptables.Model;

namespace IstioAdmin.Core.Redirection.Sources.InitLog;

/// <summary>
/// Reads the rules out of what istio-init printed. The generations:
/// <list type="bullet">
/// <item>the shell script (istio/cni release-1.1: tools/deb/istio-iptables.sh, and istio/istio of that age) traces its commands with <c>set -x</c>:
/// <c>+ iptables -t nat -A …</c>; <c>+ true</c> or an echo behind one means that it failed and was let pass</item>
/// <item>the first program (istio/istio release-1.5: tools/istio-iptables/pkg/dependencies) prints each command as it is, later ones
/// behind <c>Running command: </c></item>
/// <item>later ones print the input of iptables-restore, behind <c>Writing following contents to rules file</c> or
/// <c>Running iptables restore with …</c> (tools/istio-iptables/pkg/capture/run.go)</item>
/// <item>all programs print in the end what iptables-save prints, today behind <c>Final iptables state</c>; that counts most, because the kernel said it</item>
/// </list>
/// A log in JSON has all of that in its messages.
/// </summary>
internal sealed partial class InitLogText
{
    private readonly Dictionary<IpFamily, CommandTables> _commands = new() { [IpFamily.IPv4] = new(), [IpFamily.IPv6] = new() };
    private readonly Dictionary<IpFamily, List<string>> _saved = [];
    private readonly Dictionary<IpFamily, RuleDumpFormat> _formats = [];
    private IpFamily _family;
    private IpFamily _lastCommand;
    private string? _table;
    private bool _inSave, _commandBefore;

    /// <summary>Whether the log has the state that the kernel reported, not only what was asked of it.</summary>
    public bool HasFinalState => _saved.Count > 0;

    /// <summary>Reads the next line.</summary>
    public void Add(string line)
    {
        if (line.StartsWith('{') && Message(line) is { } message)
        {
            foreach (string part in message.Split('\n'))
                AddLine(part);
        }
        else
        {
            AddLine(line);
        }
    }

    /// <summary>The rules, a dump for each family; none when the log has none.</summary>
    public IReadOnlyList<RuleDump> Dumps()
    {
        var dumps = new List<RuleDump>();
        foreach (IpFamily family in new[] { IpFamily.IPv4, IpFamily.IPv6 })
        {
            if (_saved.TryGetValue(family, out List<string>? lines))
                dumps.Add(new RuleDump(_formats.GetValueOrDefault(family, RuleDumpFormat.Iptables), family, string.Join('\n', lines) + "\n"));
            else if (_commands[family].HasRules)
                dumps.Add(new RuleDump(RuleDumpFormat.Iptables, family, _commands[family].Print(family)));
        }
        return dumps;
    }

    private void AddLine(string line)
    {
        line = line.TrimEnd();
        if (SaveHeader().Match(line) is { Success: true } header)
        {
            _family = header.Groups["six"].Success ? IpFamily.IPv6 : IpFamily.IPv4;
            // A later state replaces an earlier one, but legacy and nft may both be printed: the last is the one that was written to.
            _saved[_family] = [line];
            _formats[_family] = line.Contains("(nf_tables)", StringComparison.Ordinal) ? RuleDumpFormat.IptablesNft : RuleDumpFormat.Iptables;
            _inSave = true;
        }
        else if (TableStart().Match(line) is { Success: true } start)
        {
            _table = start.Groups[1].Value;
            Keep(line);
        }
        else if (line == "COMMIT")
        {
            Keep(line);
            _table = null;
        }
        else if (_table is not null)
        {
            if (_inSave)
                Keep(line);
            else if (line.StartsWith('-'))
                _commands[_family].Run(_table, ShellWords.Split(line));
        }
        else if (!line.StartsWith('#'))
        {
            _inSave = false;
            AddCommand(line);
        }
    }

    private void AddCommand(string line)
    {
        if (Announcement().Match(line) is { Success: true } announcement)
        {
            _family = announcement.Groups["six"].Success ? IpFamily.IPv6 : IpFamily.IPv4;
        }
        else if (Command().Match(line) is { Success: true } command)
        {
            _lastCommand = command.Groups["six"].Success ? IpFamily.IPv6 : IpFamily.IPv4;
            _commands[_lastCommand].Run("filter", ShellWords.Split(command.Groups["words"].Value));
        }
        // The script's own function for iptables traces a "true" of its own, but never right behind the command.
        else if ((line == "+ true" && _commandBefore) || line.StartsWith("+ echo 'No socket match", StringComparison.Ordinal))
        {
            _commands[_lastCommand].Undo();
        }
        if (line.StartsWith("+ ", StringComparison.Ordinal))
            _commandBefore = Command().IsMatch(line);
    }

    private void Keep(string line)
    {
        if (_inSave)
            _saved[_family].Add(line);
    }

    private static string? Message(string line)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(line);
            return document.RootElement.TryGetProperty("msg", out JsonElement text) && text.ValueKind == JsonValueKind.String ? text.GetString() : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    // "# Generated by iptables-save v1.8.9 (nf_tables) on …"
    [GeneratedRegex(@"^# Generated by (?:ip(?<six>6)?tables|xtables)(?:-nft|-legacy)?-save ", RegexOptions.CultureInvariant)]
    private static partial Regex SaveHeader();

    [GeneratedRegex(@"^\* ?(raw|mangle|nat|filter|security)$", RegexOptions.CultureInvariant)]
    private static partial Regex TableStart();

    [GeneratedRegex(@"(?:restore with: \S*?ip(?<six>6)?tables|contents to rules file: \S*?ip(?<six>6)?tables-rules|Final iptables state \(IPv(?:4|(?<six>6))\))", RegexOptions.CultureInvariant)]
    private static partial Regex Announcement();

    // A traced script prints each command twice where it is a function: by its bare name, and by its path.
    [GeneratedRegex(@"^(?:\+ |.*Running command(?: \([^)]*\))?: )?ip(?<six>6)?tables(?:-nft|-legacy)? (?<words>-.*)$", RegexOptions.CultureInvariant)]
    private static partial Regex Command();
}
