using System.Globalization;
using System.Numerics;
using System.Text.RegularExpressions;

namespace IstioAdmin.Sandbox.Api.Resources;

/// <summary>An amount, exact to the nano, and how it is written (<c>apimachinery/pkg/api/resource</c>).</summary>
/// <param name="Nanos">The amount times 10^9.</param>
/// <param name="IsBinary">Whether it is written with Ki, Mi, Gi.</param>
/// <param name="IsExponent">Whether it is written with an exponent.</param>
internal readonly partial record struct Quantity(BigInteger Nanos, bool IsBinary = false, bool IsExponent = false)
{
    private static readonly BigInteger Billion = BigInteger.Pow(10, 9);
    private static readonly string[] Binary = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
    private static readonly string[] Decimal = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"];

    /// <summary>Reads an amount.</summary>
    public static bool TryParse(string text, out Quantity quantity)
    {
        quantity = default;
        Match match = Pattern().Match(text);
        if (!match.Success)
            return false;
        string whole = match.Groups["whole"].Value, fraction = match.Groups["fraction"].Value;
        if (whole.Length + fraction.Length == 0)
            return false;
        BigInteger digits = BigInteger.Parse("0" + whole + fraction, CultureInfo.InvariantCulture);
        string suffix = match.Groups["suffix"].Value, exponent = match.Groups["exponent"].Value;
        int binary = suffix.Length > 0 ? Array.IndexOf(Binary, suffix) : 0;
        int power = exponent.Length > 0 ? int.Parse(exponent, CultureInfo.InvariantCulture) : binary > 0 ? 0 : (Array.IndexOf(Decimal, suffix) - 3) * 3;
        if (Math.Abs(power) > 100)
            return false;
        BigInteger value = digits * (binary > 0 ? BigInteger.Pow(1024, binary) : 1);
        int scale = 9 + power - fraction.Length;
        // What is smaller than a nano is rounded up.
        BigInteger nanos = scale >= 0 ? value * BigInteger.Pow(10, scale) : Up(value, BigInteger.Pow(10, -scale));
        quantity = new Quantity(match.Groups["sign"].Value == "-" ? -nanos : nanos, binary > 0, exponent.Length > 0);
        return true;

        static BigInteger Up(BigInteger value, BigInteger divisor)
        {
            BigInteger quotient = BigInteger.DivRem(value, divisor, out BigInteger rest);
            return rest.IsZero ? quotient : quotient + 1;
        }
    }

    /// <summary>Whole units, rounded up.</summary>
    public long Value => (long)BigInteger.Divide(Nanos + (Nanos.Sign > 0 ? Billion - 1 : 0), Billion);

    /// <summary>The sum of two amounts, written as the first.</summary>
    public Quantity Plus(Quantity other) => this with { Nanos = Nanos + other.Nanos, IsBinary = Nanos.IsZero ? other.IsBinary : IsBinary };

    /// <summary>Several times the amount.</summary>
    public Quantity Times(int factor) => this with { Nanos = Nanos * factor };

    /// <summary>As the API server writes it.</summary>
    public override string ToString()
    {
        if (Nanos.IsZero)
            return "0";
        BigInteger value = BigInteger.Abs(Nanos);
        string sign = Nanos.Sign < 0 ? "-" : "";
        bool whole = (value % Billion).IsZero;
        if (IsBinary && whole && value / Billion >= 1024)
        {
            value /= Billion;
            int power = 0;
            for (; power < 6 && (value % 1024).IsZero; power++)
                value /= 1024;
            return sign + value.ToString(CultureInfo.InvariantCulture) + Binary[power];
        }
        int step = 0;
        for (; step < Decimal.Length - 1 && (value % 1000).IsZero; step++)
            value /= 1000;
        string digits = value.ToString(CultureInfo.InvariantCulture);
        int exponent = (step - 3) * 3;
        return sign + digits + (!IsExponent ? Decimal[step] : exponent == 0 ? "" : "e" + exponent.ToString(CultureInfo.InvariantCulture));
    }

    [GeneratedRegex(@"^(?<sign>[+-]?)(?<whole>[0-9]*)(?:\.(?<fraction>[0-9]*))?(?:(?<suffix>[KMGTPE]i|[numkMGTPE]?)|[eE](?<exponent>[+-]?[0-9]{1,4}))$")]
    private static partial Regex Pattern();
}
