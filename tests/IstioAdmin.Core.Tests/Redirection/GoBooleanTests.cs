using IstioAdmin.Core.Redirection;

namespace IstioAdmin.Core.Tests.Redirection;

public sealed class GoBooleanTests
{
    [Theory]
    [InlineData("1", true), InlineData("t", true), InlineData("T", true), InlineData("true", true), InlineData("TRUE", true), InlineData("True", true)]
    [InlineData("0", false), InlineData("f", false), InlineData("F", false), InlineData("false", false), InlineData("FALSE", false), InlineData("False", false)]
    public void Reads_the_twelve_spellings_of_strconv_ParseBool(string text, bool expected)
    {
        Assert.True(GoBoolean.TryParse(text, out bool value));
        Assert.Equal(expected, value);
    }

    [Theory]
    [InlineData(null), InlineData(""), InlineData(" true"), InlineData("true "), InlineData("tRUE"), InlineData("fAlse")]
    [InlineData("yes"), InlineData("no"), InlineData("on"), InlineData("off"), InlineData("enabled"), InlineData("2"), InlineData("-1"), InlineData("10")]
    public void Reads_nothing_else(string? text) => Assert.False(GoBoolean.TryParse(text, out _));
}
