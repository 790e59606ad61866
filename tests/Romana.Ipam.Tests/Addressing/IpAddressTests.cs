using System.Net;
using CsCheck;
using Romana.Ipam.Addressing;

namespace Romana.Ipam.Tests.Addressing;

public class IpAddressTests
{
    [Theory]
    [InlineData("0.0.0.0", "0.0.0.0")]
    [InlineData("255.255.255.255", "255.255.255.255")]
    [InlineData("10.0.0.1", "10.0.0.1")]
    [InlineData("::", "::")]
    [InlineData("::1", "::1")]
    [InlineData("2001:DB8::00A0", "2001:db8::a0")]
    [InlineData("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1")]
    [InlineData("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1")]
    [InlineData("64:ff9b::10.0.0.1", "64:ff9b::a00:1")]
    [InlineData("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")]
    public void Text_is_read_and_printed_canonically(string text, string canonical) =>
        Assert.Equal(canonical, IpAddress.Parse(text).ToString());

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("10")]
    [InlineData("10.0.1")]
    [InlineData("10.0.0.1.2")]
    [InlineData("10.0.0.256")]
    [InlineData("10.0.0.-1")]
    [InlineData("10.0.0.+1")]
    [InlineData("10.0.0.")]
    [InlineData("010.0.0.1")]
    [InlineData("10.0.0.00")]
    [InlineData("0x0a.0.0.1")]
    [InlineData(" 10.0.0.1")]
    [InlineData("10.0.0.1 ")]
    [InlineData("10.0.0.1\n")]
    [InlineData("١٠.0.0.1")]
    [InlineData(":::")]
    [InlineData("1::2::3")]
    [InlineData("12345::")]
    [InlineData("1:2:3:4:5:6:7")]
    [InlineData("1:2:3:4:5:6:7:8:9")]
    [InlineData(" ::1")]
    [InlineData("::1 ")]
    [InlineData("::1/64")]
    [InlineData("fe80::1%eth0")]
    [InlineData("[::1]")]
    [InlineData("[::1]:80")]
    [InlineData("::ffff:10.0.0.1")]
    [InlineData("::g")]
    [InlineData("host:name")]
    public void Lax_text_is_refused_with_a_reason(string? text)
    {
        Assert.False(IpAddress.TryParse(text, out _, out var reason));
        Assert.NotEmpty(reason);
    }

    [Fact]
    public void A_leading_zero_is_named_as_the_reason() =>
        Assert.Contains("leading zero", Assert.Throws<FormatException>(() => IpAddress.Parse("010.0.0.0")).Message, StringComparison.Ordinal);

    [Fact]
    public void Order_is_by_family_and_then_by_value()
    {
        string[] sorted = ["0.0.0.0", "9.255.255.255", "10.0.0.0", "255.255.255.255", "::", "::1", "2001:db8::"];
        Assert.Equal(sorted, sorted.Reverse().Select(IpAddress.Parse).Order().Select(address => address.ToString()));
    }

    [Fact]
    public void Any_address_survives_text_and_the_frameworks_type() => Addresses.Any.Sample(address =>
    {
        var mapped = address.Family == IpFamily.IPv6 && address.ToIPAddress().IsIPv4MappedToIPv6;
        Assert.Equal(address, IpAddress.From(address.ToIPAddress()));
        Assert.Equal(IPAddress.Parse(address.ToIPAddress().ToString()), address.ToIPAddress());
        Assert.Equal(!mapped, IpAddress.TryParse(address.ToString(), out var parsed, out _));
        if (!mapped) Assert.Equal(address, parsed);
    });

    [Fact]
    public void Any_text_is_read_or_refused_but_never_a_fault() =>
        Gen.OneOf(Gen.String, Gen.String[Gen.Char["0123456789.:abcdf/% "], 0, 40]).Sample(text =>
        {
            if (IpAddress.TryParse(text, out var address, out var reason)) Assert.Equal(address, IpAddress.Parse(address.ToString()));
            else Assert.NotEmpty(reason);
        });
}
