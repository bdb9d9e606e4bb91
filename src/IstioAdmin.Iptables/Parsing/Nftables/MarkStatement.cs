using System.Text.Json;
using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Model.Targets;

namespace IstioAdmin.Iptables.Parsing.Nftables;

/// <summary>
/// Statements that write a mark or a conntrack zone. A mark's new value is a constant, or one of the two marks with bits cleared,
/// set or flipped: always <c>(mark &amp; and) ^ xor</c>.
/// </summary>
internal static class MarkStatement
{
    private enum Source
    {
        Constant,
        Packet,
        Connection,
    }

    private readonly record struct Value(Source Source, uint And, uint Xor);

    /// <summary>What the statement does; null when it is not understood.</summary>
    public static IReadOnlyList<Target>? Translate(JsonElement key, JsonElement value)
    {
        if (key.Tagged("ct")?.Text("key") == "zone")
        {
            return ((JsonElement?)value).Number() is { } zone and <= ushort.MaxValue ? [new ConntrackTarget("CT", false, (ushort)zone)] : null;
        }
        bool toPacket = key.Tagged("meta")?.Text("key") == "mark";
        if ((!toPacket && key.Tagged("ct")?.Text("key") != "mark") || Read(value) is not { } to)
            return null;
        if (toPacket)
        {
            return to.Source == Source.Connection
                ? [new ConnmarkTarget(ConnmarkOperation.Restore, default, uint.MaxValue, to.And), .. Flip(to.Xor, flip => new MarkTarget(flip))]
                : [new MarkTarget(new MaskedValue(to.Xor, ~to.And))];
        }
        return to.Source == Source.Packet
            ? [new ConnmarkTarget(ConnmarkOperation.Save, default, to.And, uint.MaxValue), .. Flip(to.Xor, flip => new ConnmarkTarget(ConnmarkOperation.Set, flip))]
            : [new ConnmarkTarget(ConnmarkOperation.Set, new MaskedValue(to.Xor, ~to.And))];
    }

    /// <summary>Whether the value is read from the conntrack entry: without one the rule ends there.</summary>
    public static bool ReadsConnection(JsonElement value) => Read(value) is { Source: Source.Connection };

    private static IEnumerable<Target> Flip(uint bits, Func<MaskedValue, Target> target) => bits == 0 ? [] : [target(new MaskedValue(bits, 0))];

    private static Value? Read(JsonElement value)
    {
        if (((JsonElement?)value).Number() is { } constant)
            return new Value(Source.Constant, 0, constant);
        if (!value.IsTagged(out string? kind, out JsonElement inner))
            return null;
        switch (kind)
        {
            case "meta" when inner.Text("key") == "mark":
                return new Value(Source.Packet, uint.MaxValue, 0);
            case "ct" when inner.Text("key") == "mark" && inner.Text("dir") is null:
                return new Value(Source.Connection, uint.MaxValue, 0);
            case "&" or "|" or "^" when inner.ValueKind == JsonValueKind.Array && inner.GetArrayLength() == 2:
                return Read(inner[0]) is { } left && ((JsonElement?)inner[1]).Number() is { } bits
                    ? kind switch
                    {
                        "&" => left with { And = left.And & bits, Xor = left.Xor & bits },
                        "|" => left with { And = left.And & ~bits, Xor = left.Xor | bits },
                        _ => left with { Xor = left.Xor ^ bits },
                    }
                    : null;
            default:
                return null;
        }
    }
}
