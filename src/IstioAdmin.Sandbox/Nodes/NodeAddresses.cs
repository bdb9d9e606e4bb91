using System.Globalization;

namespace IstioAdmin.Sandbox.Nodes;

/// <summary>Addresses of a node and of the pods on it: each node has a /24 of 10.64.0.0/11 for its pods.</summary>
/// <param name="number">The node's number, from 1.</param>
internal sealed class NodeAddresses(int number)
{
    private readonly object _gate = new();
    private readonly HashSet<int> _taken = [];
    private int _last = 1;

    /// <summary>The node's own address.</summary>
    public string Node { get; } = string.Create(CultureInfo.InvariantCulture, $"172.20.{number / 250}.{(number % 250) + 1}");

    /// <summary>The range of its pods.</summary>
    public string PodCidr { get; } = string.Create(CultureInfo.InvariantCulture, $"10.{64 + (number / 256)}.{number % 256}.0/24");

    /// <summary>An address for a pod, the one that has been free the longest; null when there is none.</summary>
    public string? Take()
    {
        lock (_gate)
        {
            for (int i = 0; i < 253; i++)
            {
                _last = _last >= 254 ? 2 : _last + 1;
                if (_taken.Add(_last))
                    return string.Create(CultureInfo.InvariantCulture, $"{PodCidr[..^4]}{_last}");
            }
            return null;
        }
    }

    /// <summary>Notes that an address is a pod's: of a cluster that was there before.</summary>
    public void Reserve(string address)
    {
        if (PartOf(address) is { } part)
        {
            lock (_gate)
                _taken.Add(part);
        }
    }

    /// <summary>Gives an address back.</summary>
    public void Return(string address)
    {
        if (PartOf(address) is { } part)
        {
            lock (_gate)
                _taken.Remove(part);
        }
    }

    private int? PartOf(string address) =>
        address.StartsWith(PodCidr[..^4], StringComparison.Ordinal) && int.TryParse(address[(PodCidr.Length - 4)..], NumberStyles.None, CultureInfo.InvariantCulture, out int part) ? part : null;
}
