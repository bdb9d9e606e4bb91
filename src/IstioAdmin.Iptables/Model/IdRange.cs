using System.Text;

namespace IstioAdmin.Iptables.Model;

/// <summary>User or group ids from one to another, both included.</summary>
/// <param name="First">Lowest id.</param>
/// <param name="Last">Highest id.</param>
public readonly record struct IdRange(uint First, uint Last)
{
    /// <summary>Whether the id is in the range.</summary>
    public bool Contains(uint id) => id >= First && id <= Last;

    /// <summary>Appends the range as the owner match prints it.</summary>
    public void AppendTo(StringBuilder text)
    {
        text.Append(First);
        if (Last != First)
            text.Append('-').Append(Last);
    }
}
