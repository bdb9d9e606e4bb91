using System.Management.Automation;
using System.Text;
using IstioAdmin.Core;
using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Parsing;
using IstioAdmin.Iptables.Parsing.Nftables;

namespace IstioAdmin.Commands;

/// <summary>Reads what iptables-save, ip6tables-save and nft -j list ruleset print, and what iptables-restore takes.</summary>
[Cmdlet(VerbsData.ConvertFrom, "IptablesSave", DefaultParameterSetName = ByText), OutputType(typeof(Ruleset))]
public sealed class ConvertFromIptablesSaveCommand : AsyncCommand
{
    private const string ByText = "Text";
    private const string ByPath = "Path";
    private const string ByLiteralPath = "LiteralPath";
    private readonly StringBuilder _text = new();
    private IReadOnlyList<IpSet> _sets = [];

    /// <summary>The text, whole or line by line.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ParameterSetName = ByText)]
    [AllowEmptyString]
    public string[] InputObject { get; set; } = [];

    /// <summary>Files, with wildcards; each is read by itself.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ByPath)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Path { get; set; } = [];

    /// <summary>Files by their exact names, as Get-ChildItem gives them.</summary>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = ByLiteralPath)]
    [Alias("PSPath", "FullName")]
    [ValidateNotNullOrEmpty]
    public string[] LiteralPath { get; set; } = [];

    /// <summary>What ipset save prints, whole or line by line: the contents of the sets that rules name.</summary>
    [Parameter]
    [AllowEmptyString]
    public string[] Ipset { get; set; } = [];

    /// <summary>Family of the rules where the text itself does not say.</summary>
    [Parameter]
    [ValidateSet("IPv4", "IPv6")]
    public string Family { get; set; } = "IPv4";

    /// <summary>Whether the first line that cannot be read ends the command.</summary>
    [Parameter]
    public SwitchParameter Strict { get; set; }

    /// <summary>Whether a table that appears again adds to what it held, as iptables-restore --noflush does.</summary>
    [Parameter]
    public SwitchParameter NoFlush { get; set; }

    /// <inheritdoc/>
    protected override Task BeginAsync(CancellationToken cancel)
    {
        _sets = IpsetSave.Parse(string.Join('\n', Ipset), out IReadOnlyList<SyntaxError> errors);
        foreach (SyntaxError error in errors)
            WriteFailure(Syntax(error, "-Ipset", "Give what ipset save prints. Until then the sets count as unknown."), error);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    protected override async Task ProcessAsync(CancellationToken cancel)
    {
        foreach (string line in InputObject)
            _text.Append(line).Append('\n');
        foreach (string path in Path)
            await EachAloneAsync(path, () => ReadFilesAsync(Files(path), cancel));
        foreach (string path in LiteralPath)
            await EachAloneAsync(path, () => ReadFilesAsync([FilePath.Of(SessionState, path)], cancel));
    }

    /// <inheritdoc/>
    protected override Task EndAsync(CancellationToken cancel)
    {
        if (ParameterSetName == ByText)
            Read(_text.ToString(), "the text");
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    protected override bool IsTerminating(Exception failure) => Strict && failure is MeshException { ErrorId: "IptablesSyntax" };

    private IEnumerable<string> Files(string path)
    {
        IEnumerable<string> files = GetResolvedProviderPathFromPSPath(path, out ProviderInfo provider);
        FilePath.Require(provider, path);
        return files;
    }

    private async Task ReadFilesAsync(IEnumerable<string> files, CancellationToken cancel)
    {
        foreach (string file in files)
            await EachAloneAsync(file, async () => Read(await TextAsync(file, cancel), file));
    }

    private static Task<string> TextAsync(string file, CancellationToken cancel) => !Directory.Exists(file) ? File.ReadAllTextAsync(file, cancel)
        : throw new MeshException("NotAFile", FailureKind.InvalidInput, $"'{file}' is a directory.", "Give the path of a file, or name the files in it with wildcards.", file);

    /// <summary>One file that cannot be read does not keep the others from being read.</summary>
    private async Task EachAloneAsync(string path, Func<Task> read)
    {
        try
        {
            await read();
        }
        catch (Exception e) when (e is SessionStateException or FileNotFoundException or DirectoryNotFoundException)
        {
            WriteFailure(new MeshException("FileNotFound", FailureKind.NotFound, $"There is no file '{path}'.", "Check the path; relative ones begin at the current location.", path, e), path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            WriteFailure(new MeshException("FileUnreadable", FailureKind.InvalidInput, $"'{path}' cannot be read: {e.Message}", "Check that you may read it and that nobody else has locked it.", path, e), path);
        }
        catch (MeshException e) when (!IsTerminating(e))
        {
            WriteFailure(e, path);
        }
    }

    private void Read(string text, string from)
    {
        ParseResult result;
        try
        {
            var options = new ParseOptions { Family = Enum.Parse<IpFamily>(Family, ignoreCase: true), Strict = Strict, NoFlush = NoFlush };
            // No line of iptables-save begins with a brace; nft's JSON is one object.
            result = text.AsSpan().TrimStart().StartsWith("{") ? NftablesJson.Parse(text, options) : IptablesSave.Parse(text, options);
        }
        catch (IptablesFormatException e)
        {
            throw Syntax(e.Error, from, "Nothing was read after it. Without -Strict, everything else is.");
        }
        foreach (SyntaxError error in result.Errors)
            WriteFailure(Syntax(error, from, "The rest was read. An extension that is not known is no error: this is not what iptables-save or nft print."), error);
        foreach (Ruleset ruleset in result.Rulesets)
            WriteObject(_sets.Count == 0 ? ruleset : ruleset with { Sets = _sets });
        if (result.Rulesets.Count == 0 && result.Errors.Count == 0)
        {
            throw new MeshException("NoRules", FailureKind.InvalidInput, $"There is no table in {from}.",
                "Give what iptables-save, ip6tables-save or nft -j list ruleset print; only root sees rules.", from);
        }
    }

    private static MeshException Syntax(SyntaxError error, string from, string remedy) =>
        new("IptablesSyntax", FailureKind.InvalidInput, $"{from}, {error}.", remedy, error);
}
