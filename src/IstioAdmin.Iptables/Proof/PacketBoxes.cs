using IstioAdmin.Iptables.Model;

namespace IstioAdmin.Iptables.Proof;

/// <summary>
/// Shows sets of packets as few disjoint boxes. A decision diagram gives one box for each path; two boxes that differ in one field only
/// are one box, and that is looked for until there are no two such boxes left.
/// </summary>
public static class PacketBoxes
{
    /// <summary>The boxes of a set.</summary>
    /// <param name="set">The set.</param>
    /// <param name="most">How many paths of the diagram to show; a set may have very many.</param>
    /// <param name="complete">Whether that was all of them.</param>
    public static IReadOnlyList<PacketBox> Of(PacketSet set, int most, out bool complete)
    {
        IpFamily family = set.Space.Family;
        var boxes = new HashSet<PacketBox>();
        int count = 0;
        complete = set.Space.VisitPaths(set.Node, new ValueSet?[PacketFields.Count], path =>
        {
            if (count == most)
                return false;
            count++;
            boxes.Add(WithoutEmptyWords(new PacketBox(family, (ValueSet?[])path.Clone())));
            return true;
        });
        while (MergeOnce(boxes))
        {
        }
        return boxes.OrderBy(box => box.ToString(), StringComparer.Ordinal).ToArray();
    }

    /// <summary>Drops what goes without saying: that a protocol without ports has none, and that only ICMP has types and codes.</summary>
    private static PacketBox WithoutEmptyWords(PacketBox box)
    {
        if (box.Protocol is not { } protocols)
            return box;
        if (protocols.Complement().Union(PacketSpace.PortlessProtocols(box.Family)).IsAll)
            box = WithoutZero(WithoutZero(box, PacketField.SourcePort), PacketField.DestinationPort);
        if (!protocols.Contains(PacketSpace.Icmp(box.Family).Number))
            box = WithoutZero(WithoutZero(box, PacketField.IcmpType), PacketField.IcmpCode);
        return box;
    }

    private static PacketBox WithoutZero(PacketBox box, PacketField field) => box[field] is { } set && set.Contains(0) ? box.With(field, null) : box;

    /// <summary>Joins boxes that differ in one field, for each field in turn; whether there were any.</summary>
    private static bool MergeOnce(HashSet<PacketBox> boxes)
    {
        bool merged = false;
        for (int field = 0; field < PacketFields.Count; field++)
        {
            var byRest = new Dictionary<PacketBox, List<PacketBox>>();
            foreach (PacketBox box in boxes)
            {
                PacketBox rest = box.With((PacketField)field, null);
                if (!byRest.TryGetValue(rest, out List<PacketBox>? alike))
                    byRest.Add(rest, alike = []);
                alike.Add(box);
            }
            foreach ((PacketBox rest, List<PacketBox> alike) in byRest.Where(pair => pair.Value.Count > 1))
            {
                ValueSet? union = alike.Select(box => box[(PacketField)field]).Aggregate((a, b) => a is null || b is null ? null : a.Union(b));
                boxes.ExceptWith(alike);
                boxes.Add(rest.With((PacketField)field, union is { IsAll: true } ? null : union));
                merged = true;
            }
        }
        return merged;
    }
}
