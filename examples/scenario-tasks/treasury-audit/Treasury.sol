// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

// A treasury of a small cooperative: members deposit ether and get shares, vote on payments,
// take part in a yearly draw, and may sell shares at a price that an oracle gives.

interface IPriceFeed {
    function latestPrice() external view returns (int256 price, uint256 updatedAt);
}

interface IReceiver {
    function onTreasuryPayment(uint256 amount, bytes calldata note) external;
}

/// Shares of the treasury, transferable like any token.
contract Shares {
    string public constant name = "Cooperative Share";
    string public constant symbol = "COOP";
    uint8 public constant decimals = 18;

    uint256 public totalSupply;
    mapping(address => uint256) public balanceOf;
    mapping(address => mapping(address => uint256)) public allowance;
    mapping(address => uint256) public nonces;

    address public treasury;
    address public deployer;

    event Transfer(address indexed from, address indexed to, uint256 amount);
    event Approval(address indexed owner, address indexed spender, uint256 amount);
    event TreasurySet(address indexed treasury);

    constructor() {
        deployer = msg.sender;
    }

    modifier onlyTreasury() {
        require(msg.sender == treasury, "Shares: not the treasury");
        _;
    }

    /// Names the treasury that may create and destroy shares.
    function setTreasury(address newTreasury) external {
        require(newTreasury != address(0), "Shares: zero treasury");
        treasury = newTreasury;
        emit TreasurySet(newTreasury);
    }

    function transfer(address to, uint256 amount) external returns (bool) {
        _move(msg.sender, to, amount);
        return true;
    }

    function approve(address spender, uint256 amount) external returns (bool) {
        _approve(msg.sender, spender, amount);
        return true;
    }

    function transferFrom(address from, address to, uint256 amount) external returns (bool) {
        uint256 allowed = allowance[from][msg.sender];
        require(allowed >= amount, "Shares: not allowed");
        if (allowed != type(uint256).max) {
            _approve(from, msg.sender, allowed - amount);
        }
        _move(from, to, amount);
        return true;
    }

    /// Approval by signature, so that members need no ether to approve.
    function permit(
        address owner,
        address spender,
        uint256 amount,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external {
        require(block.timestamp <= deadline, "Shares: too late");
        bytes32 digest = keccak256(
            abi.encode(address(this), block.chainid, owner, spender, amount, nonces[owner], deadline)
        );
        nonces[owner] += 1;
        address signer = ecrecover(digest, v, r, s);
        require(signer == owner, "Shares: wrong signature");
        _approve(owner, spender, amount);
    }

    function mint(address to, uint256 amount) external onlyTreasury {
        require(to != address(0), "Shares: to nobody");
        totalSupply += amount;
        balanceOf[to] += amount;
        emit Transfer(address(0), to, amount);
    }

    function burn(address from, uint256 amount) external onlyTreasury {
        uint256 held = balanceOf[from];
        require(held >= amount, "Shares: too few");
        balanceOf[from] = held - amount;
        totalSupply -= amount;
        emit Transfer(from, address(0), amount);
    }

    function _move(address from, address to, uint256 amount) internal {
        require(to != address(0), "Shares: to nobody");
        uint256 held = balanceOf[from];
        require(held >= amount, "Shares: too few");
        balanceOf[from] = held - amount;
        balanceOf[to] += amount;
        emit Transfer(from, to, amount);
    }

    function _approve(address owner, address spender, uint256 amount) internal {
        allowance[owner][spender] = amount;
        emit Approval(owner, spender, amount);
    }
}

/// Deposits, withdrawals and fees.
contract Vault {
    Shares public immutable shares;
    address public chair;
    address public feeReceiver;
    uint256 public feeBps = 30;
    bool public paused;

    uint256 internal constant MAX_FEE_BPS = 500;
    uint256 internal constant BPS = 10_000;

    mapping(address => uint256) public depositedAt;
    mapping(address => uint128) public earned;

    event Deposited(address indexed member, uint256 amount, uint256 minted);
    event Withdrawn(address indexed member, uint256 amount, uint256 burned);
    event FeeSet(uint256 bps);
    event Paused(bool on);

    constructor(Shares shares_, address feeReceiver_) {
        require(address(shares_) != address(0), "Vault: no shares");
        require(feeReceiver_ != address(0), "Vault: no fee receiver");
        shares = shares_;
        feeReceiver = feeReceiver_;
        chair = msg.sender;
    }

    modifier onlyChair() {
        require(msg.sender == chair, "Vault: not the chair");
        _;
    }

    modifier whenRunning() {
        require(!paused, "Vault: paused");
        _;
    }

    function setFee(uint256 bps) external onlyChair {
        require(bps <= MAX_FEE_BPS, "Vault: fee too high");
        feeBps = bps;
        emit FeeSet(bps);
    }

    function setPaused(bool on) external onlyChair {
        paused = on;
        emit Paused(on);
    }

    /// Hands the chair to another account.
    function passChair(address next) external {
        require(tx.origin == chair, "Vault: not the chair");
        require(next != address(0), "Vault: nobody");
        chair = next;
    }

    /// What one share is worth, in wei per 1e18 shares.
    function shareValue() public view returns (uint256) {
        uint256 supply = shares.totalSupply();
        if (supply == 0) {
            return 1e18;
        }
        return (address(this).balance * 1e18) / supply;
    }

    function deposit() external payable whenRunning {
        require(msg.value > 0, "Vault: nothing sent");
        uint256 supply = shares.totalSupply();
        uint256 before = address(this).balance - msg.value;
        uint256 fee = (msg.value * feeBps) / BPS;
        uint256 net = msg.value - fee;
        uint256 minted = supply == 0 || before == 0 ? net : (net * supply) / before;
        require(minted > 0, "Vault: too little");
        depositedAt[msg.sender] = block.timestamp;
        shares.mint(msg.sender, minted);
        payable(feeReceiver).transfer(fee);
        emit Deposited(msg.sender, net, minted);
    }

    function withdraw(uint256 amount) external whenRunning {
        require(shares.balanceOf(msg.sender) >= amount, "Vault: too few shares");
        require(block.timestamp >= depositedAt[msg.sender] + 1 days, "Vault: locked");
        uint256 value = (amount * shareValue()) / 1e18;
        (bool sent, ) = msg.sender.call{value: value}("");
        require(sent, "Vault: payment failed");
        shares.burn(msg.sender, amount);
        emit Withdrawn(msg.sender, value, amount);
    }

    /// Credits interest to a member; claimed later.
    function credit(address member, uint256 amount) external onlyChair {
        earned[member] += uint128(amount);
    }

    function claimEarned() external whenRunning {
        uint256 amount = earned[msg.sender];
        require(amount > 0, "Vault: nothing earned");
        require(amount <= address(this).balance, "Vault: too little money");
        earned[msg.sender] = 0;
        (bool sent, ) = msg.sender.call{value: amount}("");
        require(sent, "Vault: payment failed");
    }

    /// Undistributed interest of several months at once.
    function pendingInterest(uint256[] calldata months) external view returns (uint256 sum) {
        for (uint256 i = 0; i < months.length; i++) {
            sum += (shareValue() * months[i]) / 1200;
        }
    }

    receive() external payable {}
}

/// Members propose payments and vote on them with their shares.
contract Council {
    struct Proposal {
        address payable receiver;
        uint256 amount;
        string purpose;
        uint256 votesFor;
        uint256 votesAgainst;
        uint64 closesAt;
        bool executed;
    }

    Shares public immutable shares;
    address public immutable founder;
    uint256 public quorumBps = 2_000;
    uint64 public votingPeriod = 3 days;

    Proposal[] internal proposals;
    mapping(uint256 => mapping(address => bool)) public hasVoted;
    address[] public stipendiaries;
    mapping(address => uint256) public stipend;

    event Proposed(uint256 indexed id, address indexed receiver, uint256 amount, string purpose);
    event Voted(uint256 indexed id, address indexed member, bool yes, uint256 weight);
    event Executed(uint256 indexed id);
    event StipendSet(address indexed member, uint256 amount);

    constructor(Shares shares_) payable {
        require(address(shares_) != address(0), "Council: no shares");
        shares = shares_;
        founder = msg.sender;
    }

    modifier onlyFounder() {
        require(msg.sender == founder, "Council: not the founder");
        _;
    }

    modifier onlyMember() {
        require(shares.balanceOf(msg.sender) > 0, "Council: no member");
        _;
    }

    function propose(address payable receiver, uint256 amount, string calldata purpose)
        external
        onlyMember
        returns (uint256 id)
    {
        require(receiver != address(0), "Council: no receiver");
        require(bytes(purpose).length > 0 && bytes(purpose).length <= 280, "Council: purpose");
        id = proposals.length;
        proposals.push();
        Proposal storage made = proposals[id];
        made.receiver = receiver;
        made.amount = amount;
        made.purpose = purpose;
        made.closesAt = uint64(block.timestamp) + votingPeriod;
        emit Proposed(id, receiver, amount, purpose);
    }

    function proposalCount() external view returns (uint256) {
        return proposals.length;
    }

    function proposal(uint256 id) external view returns (Proposal memory) {
        require(id < proposals.length, "Council: unknown");
        return proposals[id];
    }

    /// Votes with the shares that the member holds at this moment.
    function vote(uint256 id, bool yes) external onlyMember {
        require(id < proposals.length, "Council: unknown");
        Proposal storage open = proposals[id];
        require(block.timestamp < open.closesAt, "Council: closed");
        require(!hasVoted[id][msg.sender], "Council: voted");
        hasVoted[id][msg.sender] = true;
        uint256 weight = shares.balanceOf(msg.sender);
        if (yes) {
            open.votesFor += weight;
        } else {
            open.votesAgainst += weight;
        }
        emit Voted(id, msg.sender, yes, weight);
    }

    function execute(uint256 id) external onlyMember {
        require(id < proposals.length, "Council: unknown");
        Proposal storage decided = proposals[id];
        require(block.timestamp >= decided.closesAt, "Council: still open");
        require(!decided.executed, "Council: done");
        uint256 cast = decided.votesFor + decided.votesAgainst;
        require(cast * 10_000 >= shares.totalSupply() * quorumBps, "Council: no quorum");
        require(decided.votesFor > decided.votesAgainst, "Council: refused");
        decided.executed = true;
        decided.receiver.send(decided.amount);
        emit Executed(id);
    }

    function setQuorum(uint256 bps) external onlyFounder {
        require(bps >= 500 && bps <= 8_000, "Council: quorum");
        quorumBps = bps;
    }

    function setVotingPeriod(uint64 period) external onlyFounder {
        require(period >= 1 days && period <= 30 days, "Council: period");
        votingPeriod = period;
    }

    function setStipend(address member, uint256 amount) external onlyFounder {
        require(member != address(0), "Council: nobody");
        if (stipend[member] == 0) {
            stipendiaries.push(member);
        }
        stipend[member] = amount;
        emit StipendSet(member, amount);
    }

    /// Pays every stipend in one go.
    function payStipends() external onlyMember {
        for (uint256 i = 0; i < stipendiaries.length; i++) {
            address member = stipendiaries[i];
            payable(member).transfer(stipend[member]);
        }
    }

    /// Tells a contract of a payment that it got.
    function notify(IReceiver receiver, uint256 amount, bytes calldata note) external onlyFounder {
        receiver.onTreasuryPayment(amount, note);
    }

    receive() external payable {}
}

/// A yearly draw among the members that bought a ticket.
contract Draw {
    address public immutable host;
    uint256 public constant TICKET = 0.01 ether;
    uint256 public closesAt;
    address[] public players;
    address public lastWinner;
    mapping(address => uint256) public winnings;

    bytes32 public riddle;
    uint256 public riddlePrize;

    event Entered(address indexed player, uint256 number);
    event Won(address indexed player, uint256 amount);
    event RiddleSet(bytes32 hash, uint256 prize);
    event RiddleSolved(address indexed by, uint256 prize);

    constructor(uint256 runningTime) {
        require(runningTime >= 1 hours && runningTime <= 400 days, "Draw: running time");
        host = msg.sender;
        closesAt = block.timestamp + runningTime;
    }

    modifier onlyHost() {
        require(msg.sender == host, "Draw: not the host");
        _;
    }

    function enter() external payable {
        require(block.timestamp < closesAt, "Draw: closed");
        require(msg.value == TICKET, "Draw: wrong price");
        players.push(msg.sender);
        emit Entered(msg.sender, players.length);
    }

    function playerCount() external view returns (uint256) {
        return players.length;
    }

    /// Draws the winner among all tickets.
    function draw() external onlyHost {
        require(block.timestamp >= closesAt, "Draw: still open");
        require(players.length > 0, "Draw: nobody plays");
        uint256 seed = uint256(
            keccak256(abi.encodePacked(block.timestamp, block.prevrandao, players.length))
        );
        address winner = players[seed % players.length];
        uint256 pot = players.length * TICKET;
        delete players;
        lastWinner = winner;
        winnings[winner] += pot;
        closesAt = block.timestamp + 365 days;
        emit Won(winner, pot);
    }

    function collect() external {
        uint256 amount = winnings[msg.sender];
        require(amount > 0, "Draw: nothing won");
        winnings[msg.sender] = 0;
        (bool sent, ) = msg.sender.call{value: amount}("");
        require(sent, "Draw: payment failed");
    }

    /// Sets a riddle: whoever first sends its solution gets the prize.
    function setRiddle(bytes32 hash) external payable onlyHost {
        require(riddlePrize == 0, "Draw: a riddle is open");
        require(msg.value > 0, "Draw: no prize");
        riddle = hash;
        riddlePrize = msg.value;
        emit RiddleSet(hash, msg.value);
    }

    function solve(string calldata solution) external {
        require(riddlePrize > 0, "Draw: no riddle");
        require(keccak256(bytes(solution)) == riddle, "Draw: wrong");
        uint256 prize = riddlePrize;
        riddlePrize = 0;
        winnings[msg.sender] += prize;
        emit RiddleSolved(msg.sender, prize);
    }
}

/// Members sell shares to the exchange at the oracle's price.
contract Exchange {
    Shares public immutable shares;
    IPriceFeed public feed;
    address public keeper;
    address public logic;
    uint256 public boughtToday;
    uint256 public day;
    uint256 public constant DAILY_LIMIT = 100 ether;

    event Bought(address indexed from, uint256 amount, uint256 paid);
    event FeedSet(address indexed feed);

    constructor(Shares shares_, IPriceFeed feed_) payable {
        require(address(shares_) != address(0), "Exchange: no shares");
        require(address(feed_) != address(0), "Exchange: no feed");
        shares = shares_;
        feed = feed_;
        keeper = msg.sender;
    }

    modifier onlyKeeper() {
        require(msg.sender == keeper, "Exchange: not the keeper");
        _;
    }

    function setFeed(IPriceFeed next) external onlyKeeper {
        require(address(next) != address(0), "Exchange: no feed");
        feed = next;
        emit FeedSet(address(next));
    }

    function price() public view returns (uint256) {
        (int256 latest, ) = feed.latestPrice();
        require(latest > 0, "Exchange: no price");
        return uint256(latest);
    }

    function sell(uint256 amount, uint256 leastPaid) external {
        require(amount > 0, "Exchange: nothing to sell");
        uint256 today = block.timestamp / 1 days;
        if (today != day) {
            day = today;
            boughtToday = 0;
        }
        uint256 paid = (amount * price()) / 1e18;
        require(paid >= leastPaid, "Exchange: price moved");
        require(boughtToday + paid <= DAILY_LIMIT, "Exchange: enough for today");
        boughtToday += paid;
        require(shares.transferFrom(msg.sender, address(this), amount), "Exchange: transfer");
        (bool sent, ) = msg.sender.call{value: paid}("");
        require(sent, "Exchange: payment failed");
        emit Bought(msg.sender, amount, paid);
    }

    function setLogic(address next) external onlyKeeper {
        logic = next;
    }

    /// Runs maintenance code in this contract's own storage.
    function maintain(bytes calldata data) external returns (bytes memory) {
        require(logic != address(0), "Exchange: no logic");
        (bool done, bytes memory result) = logic.delegatecall(data);
        require(done, "Exchange: maintenance failed");
        return result;
    }

    /// Closes the exchange and pays out what is left.
    function close(address payable to) external {
        require(to != address(0), "Exchange: to nobody");
        (bool sent, ) = to.call{value: address(this).balance}("");
        require(sent, "Exchange: payment failed");
    }

    receive() external payable {}
}
