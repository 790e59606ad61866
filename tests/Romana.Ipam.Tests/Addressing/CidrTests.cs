using System.Net;
using System.Text.Json;
using CsCheck;
using Romana.Ipam.Addressing;

namespace Romana.Ipam.Tests.Addressing;

public class CidrTests
{
    [Theory]
    [InlineData("10.0.0.0/8", "10.0.0.0", "10.255.255.255")]
    [InlineData("0.0.0.0/0", "0.0.0.0", "255.255.255.255")]
    [InlineData("10.0.0.1/32", "10.0.0.1", "10.0.0.1")]
    [InlineData("10.0.0.4/30", "10.0.0.4", "10.0.0.7")]
    [InlineData("::/0", "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")]
    [InlineData("2001:db8::/32", "2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff")]
    [InlineData("2001:db8::1/128", "2001:db8::1", "2001:db8::1")]
    public void A_block_has_a_first_and_a_last_address(string text, string first, string last)
    {
        var cidr = Cidr.Parse(text);
        Assert.Equal((text, first, last), (cidr.ToString(), cidr.First.ToString(), cidr.Last.ToString()));
    }

    [Theory]
    [InlineData("10.0.0.1/8", "10.0.0.0/8")]
    [InlineData("010.0.0.0/8", "leading zero")]
    [InlineData("10.0/16", "four decimal octets")]
    [InlineData("10.0.0.0", "ADDRESS/LENGTH")]
    [InlineData("10.0.0.0/", "prefix length")]
    [InlineData("10.0.0.0/33", "from 0 to 32")]
    [InlineData("10.0.0.0/08", "prefix length")]
    [InlineData("10.0.0.0/+8", "prefix length")]
    [InlineData("10.0.0.0/ 8", "prefix length")]
    [InlineData("10.0.0.0/8/8", "prefix length")]
    [InlineData("10.0.0.0/-1", "prefix length")]
    [InlineData("10.0.0.0/255.0.0.0", "prefix length")]
    [InlineData("10.0.0.0/99999999999", "prefix length")]
    [InlineData("::/129", "from 0 to 128")]
    [InlineData("2001:db8::1/64", "2001:db8::/64")]
    [InlineData("/8", "missing")]
    [InlineData("", "ADDRESS/LENGTH")]
    [InlineData(null, "ADDRESS/LENGTH")]
    public void Lax_text_is_refused_and_the_reason_helps(string? text, string part)
    {
        Assert.False(Cidr.TryParse(text, out var cidr, out var reason));
        Assert.Contains(part, reason, StringComparison.Ordinal);
        Assert.Equal(default, cidr);
    }

    [Theory]
    [InlineData("10.0.0.5/30", "10.0.0.4/30")]
    [InlineData("2001:db8::5/126", "2001:db8::4/126")]
    public void Commands_may_mask_host_bits_away(string text, string masked)
    {
        Assert.True(Cidr.TryParseMasking(text, out var cidr, out _));
        Assert.Equal(masked, cidr.ToString());
    }

    [Fact]
    public void The_whole_of_IPv6_has_more_addresses_than_can_be_counted()
    {
        var all = Cidr.Parse("::/0");
        Assert.Equal(UInt128.MaxValue, all.CountLessOne);
        Assert.Throws<OverflowException>(() => all.Count);
        Assert.Throws<OverflowException>(() => all.CountOf(128));
        Assert.Equal(Cidr.Of(all.Last), all.Slice(128, UInt128.MaxValue));
        Assert.Equal(UInt128.One << 127, all.CountOf(127));
        Assert.Equal(UInt128.One, Cidr.Parse("::1/128").Count);
    }

    [Fact]
    public void Edges_of_slicing()
    {
        var cidr = Cidr.Parse("10.0.0.0/24");
        Assert.Equal("10.0.0.248/29", cidr.Slice(29, 31).ToString());
        Assert.Equal(cidr, cidr.Slice(24, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => cidr.Slice(29, 32));
        Assert.Throws<ArgumentOutOfRangeException>(() => cidr.Slice(24, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => cidr.Slice(23, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => cidr.Slice(33, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => cidr.CountOf(33));
        Assert.Throws<ArgumentOutOfRangeException>(() => Cidr.Parse("0.0.0.0/0").Parent);
        Assert.Throws<ArgumentOutOfRangeException>(() => Cidr.Parse("10.0.0.1/32").LowerHalf);
        Assert.Throws<ArgumentOutOfRangeException>(() => Cidr.Around(cidr.First, 33));
    }

    [Fact]
    public void Families_never_meet()
    {
        Assert.False(Cidr.Parse("::/0").Overlaps(Cidr.Parse("0.0.0.0/0")));
        Assert.False(Cidr.Parse("::/0").Contains(IpAddress.Parse("10.0.0.1")));
    }

    [Fact]
    public void Order_puts_the_wider_block_first()
    {
        string[] sorted = ["0.0.0.0/0", "10.0.0.0/8", "10.0.0.0/9", "10.128.0.0/9", "::/0", "::/128"];
        Assert.Equal(sorted, sorted.Reverse().Select(Cidr.Parse).Order().Select(cidr => cidr.ToString()));
    }

    [Fact]
    public void Json_is_the_text_and_bad_text_is_a_json_fault()
    {
        var cidr = Cidr.Parse("10.0.0.0/8");
        Assert.Equal("\"10.0.0.0/8\"", JsonSerializer.Serialize(cidr));
        Assert.Equal(cidr, JsonSerializer.Deserialize<Cidr>("\"10.0.0.0/8\""));
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<Cidr>("\"10.0.0.1/8\""));
    }

    [Fact]
    public void It_agrees_with_the_frameworks_network() => Gen.Select(Addresses.Cidrs, Addresses.Any).Sample((cidr, address) =>
    {
        var oracle = new IPNetwork(cidr.First.ToIPAddress(), cidr.Length);
        Assert.Equal(oracle.ToString(), cidr.ToString());
        // The framework takes an IPv4-mapped address (RFC 4291, 2.5.5.2) for IPv4, which is in no IPv6 network.
        if (!IsMapped(address)) Assert.Equal(oracle.Contains(address.ToIPAddress()), cidr.Contains(address));
        if (!IsMapped(cidr.Last)) Assert.True(oracle.Contains(cidr.Last.ToIPAddress()));
        if (cidr.Last.Bits < cidr.Family.AllOnes()) Assert.False(oracle.Contains(cidr.Last.Plus(1).ToIPAddress()));
        // The framework masks while parsing; so does the masking form.
        if (Cidr.TryParseMasking($"{address}/{address.Family.Width() / 2}", out var masked, out _))
            Assert.Equal(IPNetwork.Parse($"{masked}").BaseAddress, masked.First.ToIPAddress());
    });

    private static bool IsMapped(IpAddress address) => address.ToIPAddress().IsIPv4MappedToIPv6;

    [Fact]
    public void Halves_slices_and_parents_fit_together() => Addresses.Cidrs.Where(cidr => cidr.Length < cidr.Family.Width()).Sample(cidr =>
    {
        Assert.Equal((cidr, cidr), (cidr.LowerHalf.Parent, cidr.UpperHalf.Parent));
        Assert.Equal(cidr.First, cidr.LowerHalf.First);
        Assert.Equal(cidr.Last, cidr.UpperHalf.Last);
        Assert.Equal(cidr.LowerHalf.Last.Plus(1), cidr.UpperHalf.First);
        Assert.False(cidr.LowerHalf.Overlaps(cidr.UpperHalf));
        Assert.True(cidr.Contains(cidr.UpperHalf));
        Assert.True(cidr < cidr.LowerHalf && cidr.LowerHalf < cidr.UpperHalf);
        Assert.Equal(cidr.UpperHalf, cidr.Slice(cidr.Length + 1, 1));
    });

    [Fact]
    public void Two_blocks_nest_or_are_apart() => Gen.Select(Addresses.Cidrs, Addresses.Cidrs).Sample((one, other) =>
    {
        var byEnds = one.Family == other.Family && one.First <= other.Last && other.First <= one.Last;
        Assert.Equal(byEnds, one.Overlaps(other));
        Assert.Equal(byEnds, one.Contains(other) || other.Contains(one));
    });

    [Fact]
    public void Any_text_is_read_or_refused_but_never_a_fault() =>
        Gen.OneOf(Gen.String, Gen.String[Gen.Char["0123456789.:abcdf/"], 0, 44]).Sample(text =>
        {
            if (Cidr.TryParse(text, out var cidr, out var reason)) Assert.Equal(cidr, Cidr.Parse(cidr.ToString()));
            else Assert.NotEmpty(reason);
        });
}

internal static class FamilyEdges
{
    public static UInt128 AllOnes(this IpFamily family) => family == IpFamily.IPv4 ? uint.MaxValue : UInt128.MaxValue;
}
