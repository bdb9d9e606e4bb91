using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using IstioAdmin.Iptables.Model;

namespace IstioAdmin.Iptables.Parsing.Nftables;

/// <summary>Reads the list of objects that a listing is, each on its own: a bad one does not lose the others.</summary>
internal sealed class ListingReader
{
    private const int LongestToken = 100;

    private ReadOnlyMemory<byte> _utf8;
    private readonly ParseOptions _options;
    private readonly List<SyntaxError> _errors = [];
    private readonly List<NftTable> _tables = [];
    private readonly Dictionary<(string Family, string Name), NftTable> _tableByName = [];
    private readonly Dictionary<(NftTable Table, string Name), NftChain> _chainByName = [];
    private int _countedTo;
    private int _lineStart;
    private int _line = 1;

    public ListingReader(ReadOnlyMemory<byte> utf8, ParseOptions options) => (_utf8, _options) = (utf8, options);

    /// <summary>Reads all of it.</summary>
    public ParseResult Read()
    {
        ReplaceWhatIsNotUtf8();
        try
        {
            ReadObjects();
        }
        catch (JsonException broken)
        {
            int line = (int)(broken.LineNumber ?? 0), column = (int)(broken.BytePositionInLine ?? 0);
            Add(new SyntaxError(line + 1, column + 1, "", "this is not JSON from here on"));
        }
        IpFamily[] families = [.. new[] { IpFamily.IPv4, IpFamily.IPv6 }.Where(family => _tables.Exists(table => table.Sees(family)))];
        return new ParseResult([.. families.Select(Build)], _errors)
        {
            OtherTables = [.. _tables.Where(table => !table.Sees(IpFamily.IPv4) && !table.Sees(IpFamily.IPv6)).Select(table => $"{table.Family} {table.Name}")],
        };
    }

    private Ruleset Build(IpFamily family) => new()
    {
        Family = family,
        Backend = RulesetBackend.NfTables,
        IsNftListing = true,
        Tables = [.. _tables.Where(table => table.Sees(family)).Select(table => TableTranslator.Translate(table, family))],
    };

    /// <summary>JSON is UTF-8. Bytes that are not are an error once, and from there on the sign for what cannot be read.</summary>
    private void ReplaceWhatIsNotUtf8()
    {
        if (Utf8.IsValid(_utf8.Span))
            return;
        int at = 0;
        while (Rune.DecodeFromUtf8(_utf8.Span[at..], out _, out int length) == OperationStatus.Done)
            at += length;
        Fail(at, "this is not UTF-8");
        (_countedTo, _line, _lineStart) = (0, 1, 0);
        _utf8 = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(_utf8.Span));
    }

    private void ReadObjects()
    {
        var reader = new Utf8JsonReader(_utf8.Span);
        bool found = false;
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            Fail((int)reader.TokenStartIndex, "a listing is an object");
            return;
        }
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool list = reader.ValueTextEquals("nftables"u8);
            reader.Read();
            if (!list)
            {
                reader.Skip();
                continue;
            }
            found = true;
            if (reader.TokenType != JsonTokenType.StartArray)
            {
                Fail((int)reader.TokenStartIndex, "'nftables' is a list of objects");
                reader.Skip();
                continue;
            }
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                int start = (int)reader.TokenStartIndex;
                JsonElement element = JsonElement.ParseValue(ref reader);
                Take(element, start);
            }
        }
        if (!found)
            Fail(0, "a listing has a member 'nftables'");
        // What follows the object is read for the error that it is.
        while (reader.Read())
            continue;
    }

    private void Take(JsonElement element, int start)
    {
        string? problem;
        try
        {
            problem = element.IsTagged(out string? kind, out JsonElement value) ? Take(kind, value, start) : "an object with one member is expected";
        }
        catch (InvalidOperationException)
        {
            // JsonElement says so of escapes that are no Unicode text.
            problem = "this holds text that is not Unicode";
        }
        if (problem is not null)
            Fail(start, problem, element.GetRawText());
    }

    private string? Take(string kind, JsonElement value, int start) => kind switch
    {
        "table" => TakeTable(value),
        "chain" => TakeChain(value),
        "rule" => TakeRule(value, start),
        "set" or "map" => TakeSet(value),
        "metainfo" => Number(value, "json_schema_version") is 1 or null ? null : "the listing's schema is not the one that is known, 1",
        // Rules refer to them by name; what they are does not matter to a packet's way.
        "counter" or "quota" or "limit" or "ct helper" or "ct timeout" or "ct expectation" or "secmark" or "synproxy" or "flowtable" or "meter" => null,
        _ => "this kind of object is not known",
    };

    private string? TakeTable(JsonElement value)
    {
        if (value.Text("family") is not { } family || value.Text("name") is not { } name)
            return "a table needs 'family' and 'name'";
        var table = new NftTable(family, name);
        if (!_tableByName.TryAdd((family, name), table))
            return "this table is listed twice";
        _tables.Add(table);
        // A dormant table is not hooked (include/uapi/linux/netfilter/nf_tables.h, NFT_TABLE_F_DORMANT).
        table.IsDormant = value.Member("flags") is { } flags && flags.OneOrMore().Any(flag => ((JsonElement?)flag).Text() == "dormant");
        return null;
    }

    private NftTable? Table(JsonElement value) =>
        value.Text("family") is { } family && value.Text("table") is { } name ? _tableByName.GetValueOrDefault((family, name)) : null;

    private string? TakeChain(JsonElement value)
    {
        if (Table(value) is not { } table || value.Text("name") is not { } name)
            return "a chain needs a 'name' and the 'family' and name of its 'table'";
        if (value.Text("hook") is not { } hook)
            return AddChain(table, new NftChain(name));
        Hook? at = hook switch
        {
            "prerouting" => Hook.Prerouting,
            "input" => Hook.Input,
            "forward" => Hook.Forward,
            "output" => Hook.Output,
            "postrouting" => Hook.Postrouting,
            _ => null,
        };
        BaseChainType? type = value.Text("type") switch
        {
            "filter" => BaseChainType.Filter,
            "nat" => BaseChainType.Nat,
            "route" => BaseChainType.Route,
            _ => null,
        };
        ChainPolicy? policy = value.Text("policy") switch
        {
            "accept" or null => ChainPolicy.Accept,
            "drop" => ChainPolicy.Drop,
            _ => null,
        };
        if (type is null || policy is null || value.Member("prio") is not { ValueKind: JsonValueKind.Number } prio || !prio.TryGetInt32(out int priority))
            return "a base chain needs 'type', 'prio' and a 'policy' that are known";
        // Everything at a device comes before routing; egress comes after all else and is as unknown.
        return AddChain(table, new NftChain(name)
        {
            Base = table.IsDormant ? null : at is { } known ? new BaseChain(type.Value, known, priority)
                : new BaseChain(BaseChainType.Filter, hook == "egress" ? Hook.Postrouting : Hook.Prerouting, hook == "egress" ? int.MaxValue : int.MinValue),
            Policy = table.IsDormant ? null : policy,
            DeviceHook = at is null ? hook : null,
        });
    }

    private string? AddChain(NftTable table, NftChain chain)
    {
        if (!_chainByName.TryAdd((table, chain.Name), chain))
            return "this chain is listed twice";
        table.Chains.Add(chain);
        return null;
    }

    private string? TakeRule(JsonElement value, int start)
    {
        if (Table(value) is not { } table || value.Text("chain") is not { } name || !_chainByName.TryGetValue((table, name), out NftChain? chain))
            return "a rule needs the 'family', 'table' and 'chain' of a chain that was listed before";
        chain.Rules.Add(new NftRule(value.Member("expr"), value.Text("comment"), LineOf(start)));
        return value.Member("expr") is { ValueKind: JsonValueKind.Array } ? null : "a rule needs a list 'expr'";
    }

    private string? TakeSet(JsonElement value)
    {
        if (Table(value) is not { } table || value.Text("name") is not { } name)
            return "a set needs a 'name' and the 'family' and name of its 'table'";
        bool changes = value.Member("timeout") is not null
            || (value.Member("flags") is { } flags && flags.OneOrMore().Any(flag => ((JsonElement?)flag).Text() is "dynamic" or "timeout"));
        // An empty set and one that nft -t left out look the same; neither tells what the kernel has.
        changes |= value.Member("elem") is null;
        return table.Sets.TryAdd(name, new NftSet([.. value.Member("elem").Items()], changes)) ? null : "this set is listed twice";
    }

    private static uint? Number(JsonElement value, string name) => value.Member(name).Number();

    private void Fail(int at, string message, string token = "")
    {
        int line = LineOf(at);
        int column = Encoding.UTF8.GetCharCount(_utf8.Span[_lineStart..Math.Min(at, _utf8.Length)]) + 1;
        Add(new SyntaxError(line, column, token.Length > LongestToken ? token[..LongestToken] : token, message));
    }

    private void Add(SyntaxError error)
    {
        if (_options.Strict)
            throw new IptablesFormatException(error);
        _errors.Add(error);
    }

    /// <summary>The line of a place; places are asked for in ascending order.</summary>
    private int LineOf(int at)
    {
        ReadOnlySpan<byte> text = _utf8.Span;
        for (; _countedTo < at && _countedTo < text.Length; _countedTo++)
        {
            if (text[_countedTo] == (byte)'\n')
                (_line, _lineStart) = (_line + 1, _countedTo + 1);
        }
        return _line;
    }
}
