using Romana.Ipam.Attachments;
using Romana.Node.Agent.Memory;

namespace Romana.Node.Tests.Agent.Memory;

/// <summary>What a journal is worth that nobody can be asked about: decision 0045, line by line.</summary>
public sealed class JournalTrustTests
{
    private static readonly DateTimeOffset Now = new(2030, 1, 1, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    // The same boot: the mark beside the socket is the witness.
    [InlineData("this boot", 40, 40, 9999, "current")]
    [InlineData("this boot", 41, 40, 9999, "current")]
    [InlineData("this boot", 39, 40, 1, "restored")]
    [InlineData("this boot", 40, null, 1, "restored")]
    [InlineData("another boot", 39, 40, 1, "restored")]
    // Another boot: the store's last word may be as old as a host may be silent.
    [InlineData("another boot", 40, null, 1, "current")]
    [InlineData("another boot", 40, null, 300, "current")]
    [InlineData("another boot", 40, null, 301, "unconfirmed")]
    [InlineData("another boot", 40, null, -1, "unconfirmed")]
    [InlineData("another boot", 40, null, null, "unconfirmed")]
    // Nothing was ever written: there is nothing to doubt.
    [InlineData("", 0, null, null, "current")]
    public void It_serves_when_nobody_can_have_got_its_blocks(string wroteIn, long counter, int? mark, int? secondsAgo, string expected)
    {
        var trust = JournalTrust.Judge(new JournalHead(wroteIn, counter), "this boot", mark,
            secondsAgo is { } ago ? Now - TimeSpan.FromSeconds(ago) : null, Now, TimeSpan.FromSeconds(300));
        Assert.Equal(expected, trust.GetType().Name, ignoreCase: true);
        Assert.Equal(expected == "current", trust.Reason is null);
    }
}
