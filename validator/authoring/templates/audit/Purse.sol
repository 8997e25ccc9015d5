// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

contract Purse {
    address public owner = msg.sender;
    mapping(address => uint256) public held;

    function put() external payable {
        held[msg.sender] += msg.value;
    }

    function take(uint256 amount) external {
        require(held[msg.sender] >= amount, "too little");
        (bool sent, ) = msg.sender.call{value: amount}("");
        require(sent, "not sent");
        unchecked {
            held[msg.sender] -= amount;
        }
    }

    function setOwner(address next) external {
        owner = next;
    }

    function rescue() external {
        require(msg.sender == owner, "not the owner");
        payable(owner).transfer(address(this).balance);
    }
}
